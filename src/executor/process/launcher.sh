# launcher.sh SUPERVISOR: starts supervisors on demand, for the executor, whose child it is.
# Node forks slowly (it is large, and waits for the new program): some milliseconds a job in which it does nothing else.
# Reads for each job, each closed by a NUL: a tag, the working directory, RUN_DIR, the number of variables, NAME=VALUE...
# Says on standard output "began TAG PID"; the supervisor itself says "ended TAG". It ends with its input; those that it
# has started live on.
exec 3>&1
while IFS= read -r -d '' tag && IFS= read -r -d '' work && IFS= read -r -d '' run && IFS= read -r -d '' count; do
  variables=()
  while [ "${#variables[@]}" -lt "$count" ] && IFS= read -r -d '' variable; do
    variables+=("$variable")
  done
  (
    # bash has what it puts in the background ignore these, and so would the job.
    trap - INT QUIT
    cd "$work" || exit
    printf 'began %s %s\n' "$tag" "$BASHPID" >&3
    # Not by `env NAME=VALUE`: everybody on the machine could read the values in its command line. They may have the
    # names of variables of this script, so none of those is used from here on.
    set -- "$1" "$run" "$tag"
    unset OLDPWD
    export "${variables[@]}"
    # No group of its own, so that setsid need not fork: the pid stays the same up to the supervisor's.
    exec setsid bash "$1" "$2" "$3"
  ) </dev/null >/dev/null 2>&1 &
done
