# Defines `supervise`: runs `bash run.sh` in the payload's working directory, once, and records how it ended. It becomes
# a process of its own (launcher.sh puts it in the background) that outlives the executor: a restarted one reads
# PAYLOAD/record, which has, in this order:
#   "PID STARTTIME BOOT_ID ."  this process
#   what bash says when the job dies by a signal or can't be started; nothing after an exit
#   "CODE ."                   as bash counts it: 128 + N for signal N
# A line without its dot was cut short and doesn't count. Whoever creates the file may start the job, anybody else leaves.
# One file, and no program but the job's: each costs as much as all that is done here.
# Says on descriptor 3 "began TAG PID" and, when all is written, "ended TAG". Whoever listens may be gone by then.
supervise() {
  # What bash puts in the background ignores these, and so would the job.
  trap - INT QUIT
  trap "trap '' PIPE; printf 'ended %s\n' '$__tag' >&3 2>/dev/null" EXIT
  printf 'began %s %s\n' "$__tag" "$BASHPID" >&3
  set -o noclobber
  command exec 4>"$__path/record" || exit 0
  exec 2>&4

  # Handlers, not ignored signals: those the job would inherit.
  trap : HUP INT TERM QUIT USR1 USR2

  read -r __stat </proc/self/stat
  set -- ${__stat##*) }
  # Its block on the disk is taken with this line: the job may fill the disk.
  printf '%s %s %s .\n' "$BASHPID" "${20}" "$__boot" >&4

  (
    cd "$__path/work" || exit
    unset OLDPWD
    # Only here, where bash is about to become the job: they may have names that mean something to bash. One that it
    # doesn't let anybody set is left out.
    eval "$__variables" 2>/dev/null
    exec "$__setsid" "$__bash" run.sh 3>&- 4>&- </dev/null >>.orchestrator.stdout 2>>.orchestrator.stderr
  )
  printf '%s .\n' "$?" >&4
}
