import { SCRIPT_NAME, STDERR_NAME, STDOUT_NAME } from '../../wire/protocol';
import { PASSED_ON } from '../../workload/job-environment';
import { bashQuote } from './bash-quote';
import type { JobPaths } from './job-paths';

/** What goes into a batch script. */
export interface BatchScriptValues {
  /** The id under which the portal knows the job. */
  readonly id: string;
  readonly key: string;
  readonly paths: JobPaths;
  /** One line of bash of the operator's, or `null`. */
  readonly prolog: string | null;
  /** The script is ended when it has run for so long; `null`: no limit but SLURM's. */
  readonly walltimeMs: number | null;
  /** Variables of the login environment that the job may see. */
  readonly jobEnv: readonly string[];
  /** SLURM may run the script again, in the directory as it is, when its node fails. */
  readonly mayRequeue: boolean;
}

/** Between SIGTERM and SIGKILL of a script that has run too long. */
export const GRACE_S = 10;

/** What SLURM and its plugins set for the job; the token of slurmrestd is no business of it. */
const OF_SLURM = 'SLURM_*|SLURMD_*|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|ZE_AFFINITY_MASK|GPU_DEVICE_ORDINAL';

/**
 * The script that SLURM runs. It is a login shell, so that `module` is there for the prolog; run.sh then sees of that
 * environment what it would see on any backend, what the prolog changed, and what SLURM set.
 *
 * Written for bash 4.2. It sets no variable that JOB_ENV may name: all its own begin with jo_ and are not exported. It
 * puts nothing into a session or group of its own: what SLURM signals must reach it.
 */
export function batchScript({ id, key, paths, prolog, walltimeMs, jobEnv, mayRequeue }: BatchScriptValues): string {
  const kept = [...PASSED_ON, ...jobEnv].join('|');
  return `#!/bin/bash
# Made by job-orchestrator: runs ${SCRIPT_NAME} of one job, once, and records how it ended.
if ! shopt -q login_shell; then
  # SLURM sets no HOME, by which a login shell finds the user's profile.
  [ -n "$HOME" ] || HOME=~
  export HOME
  exec "$BASH" -l "$0"
fi
set +aeuxo pipefail
trap - EXIT ERR DEBUG
# SLURM sends its SIGTERM to this shell alone, so it is passed on, but for one that the clock below has sent to all.
# Handlers, not ignored signals: those the job would inherit.
trap : HUP INT QUIT USR1 USR2
trap 'trap "" TERM; [ -e "$jo_run/overtime" ] || kill -TERM 0' TERM
jo_work=${bashQuote(paths.work)}
jo_run=${bashQuote(paths.run)}

if [ -e ${bashQuote(paths.tombstone)} ]; then
  echo 'terminated before it began'
  exit 0
fi
if ! builtin cd "$jo_work"; then
  echo "$(hostname) does not see the job's directory: is WORKDIR shared with it?"
  exit 1
fi
if ! mkdir "$jo_run/claim" 2>/dev/null; then
  read -r jo_owner jo_rest 2>/dev/null <"$jo_run/started"
  if [ "$jo_owner" != "$SLURM_JOB_ID" ]; then
    echo "another SLURM job runs this one: $jo_owner"
    exit 0
  fi
  # SLURM runs the same job again.
${mayRequeue ? againLines() : againRefusedLines()}
fi
printf '%s .\\n' "$SLURM_JOB_ID" >"$jo_run/started.part" && mv -f "$jo_run/started.part" "$jo_run/started"

# Takes its block while there is one: the job may fill the disk.
printf '\\n' >"$jo_run/exit.part"
jo_record() {
  printf '%s %s %s .\\n' "$SLURM_JOB_ID" "$1" "$2" >>"$jo_run/exit.part" && mv -f "$jo_run/exit.part" "$jo_run/exit"
}

declare -A jo_before=()
while IFS= read -r -d '' jo_line; do jo_before["\${jo_line%%=*}"]=\${jo_line#*=}; done < <(env -0)
${prolog === null ? '' : prologLines(prolog)}
exec 2>"$jo_run/notice"
# Read from, not waited for: a bash that gets a signal while it waits may miss the end of its child (seen with 5.2).
coproc jo_job {
# bash has what it puts in the background ignore INT and QUIT.
trap - INT QUIT
trap : HUP INT QUIT USR1 USR2
# Says whether the script ended by itself: SLURM may tell of a job that was cancelled, or whose node failed, afterwards.
jo_what=script
trap jo_what=signalled TERM
# In the foreground of a shell of its own: of a job in the background bash would not say that SIGTERM ended it.
(
  while IFS= read -r -d '' jo_line; do
    jo_name=\${jo_line%%=*}
    case $jo_name in
      SLURM_JWT) unset SLURM_JWT; continue ;;
      ${kept}|${OF_SLURM}) continue ;;
    esac
    # What the prolog brought or changed stays.
    if [ -z "\${jo_before["$jo_name"]+set}" ] || [ "\${jo_before["$jo_name"]}" != "\${jo_line#*=}" ]; then continue; fi
    case $jo_name in
      BASH_FUNC_*%%) jo_name=\${jo_name#BASH_FUNC_}; unset -f "\${jo_name%%%*}" ;;
      *) unset -v "$jo_name" ;;
    esac
  done < <(env -0) 2>/dev/null
  unset OLDPWD
  [ -n "$USER" ] || USER=$(id -un)
  HOME=${bashQuote(paths.home)} TMPDIR=${bashQuote(paths.tmp)}
  JOB_ID=${bashQuote(id)} JOB_KEY=${bashQuote(key)}
  export USER HOME TMPDIR JOB_ID JOB_KEY
  exec bash ${SCRIPT_NAME} </dev/null >>${STDOUT_NAME} 2>>${STDERR_NAME}
)
jo_code=$?
jo_record "$jo_what" "$jo_code"
echo "$jo_code"
}
jo_end=\${jo_job[0]}
${walltimeMs === null ? '' : walltimeLines(walltimeMs)}
read -r jo_code <&"$jo_end" || jo_code=1
# What this shell says from here on is no word about the job's end.
exec 2>/dev/null
[ -z "$jo_clock" ] || kill -KILL "$jo_clock"
exit "$jo_code"
`;
}

/** Not one that has done its work: SLURM also runs a job again whose node failed while it cleaned up behind it. */
function againLines(): string {
  return `${readExitLine()}
  if [ "$jo_owner $jo_what $jo_code $jo_rest" = "$SLURM_JOB_ID script 0 ." ]; then exit 0; fi
  rm -f "$jo_run/exit" "$jo_run/exit.part" "$jo_run/overtime"`;
}

/** The record of a script that ended by itself stays. */
function againRefusedLines(): string {
  return `${readExitLine()}
  if [ "$jo_owner $jo_what $jo_rest" = "$SLURM_JOB_ID script ." ]; then exit "$jo_code"; fi
  printf '\\n%s again 1 .\\n' "$SLURM_JOB_ID" >"$jo_run/exit.again" && mv -f "$jo_run/exit.again" "$jo_run/exit"
  exit 1`;
}

/** The line stands below an empty one. */
function readExitLine(): string {
  return `  jo_owner= jo_what= jo_code= jo_rest=
  [ ! -f "$jo_run/exit" ] || read -r -d '' jo_owner jo_what jo_code jo_rest <"$jo_run/exit"`;
}

function prologLines(prolog: string): string {
  return `
{
${prolog}
} </dev/null >"$jo_run/prolog" 2>&1
jo_code=$?
if [ "$jo_code" != 0 ]; then
  jo_record prolog "$jo_code"
  exit "$jo_code"
fi
builtin cd "$jo_work" || exit
`;
}

/** The clock counts by so many seconds. */
const TICK_S = 5;
const LEAST_TICKS = 10;

/**
 * SLURM counts in minutes, and looks every half a minute: seconds are counted here. While SLURM suspends the job the clock
 * stands still with it, as SLURM's own does. Hence the short waits: that of bash 5.2 doesn't go on while it is stopped (seen),
 * that of an older bash, by an alarm, does, and then no more than one of them is counted.
 */
function walltimeLines(walltimeMs: number): string {
  const ticks = Math.max(LEAST_TICKS, Math.ceil(walltimeMs / 1000 / TICK_S));
  const seconds = Math.max(walltimeMs / 1000 / ticks, 0.001).toFixed(3);
  return `
# Ends all that is in this shell's process group, itself included: SLURM ends what is left. Waits by reading from a pipe
# that nobody writes to: a sleep would be one more process to end.
(
  trap '' HUP INT TERM QUIT USR1 USR2
  exec 3<> <(:)
  for ((jo_tick = 0; jo_tick < ${ticks}; jo_tick++)); do read -r -t ${seconds} jo_rest <&3; done
  echo ${walltimeMs} >"$jo_run/overtime"
  kill -TERM 0
  read -r -t ${GRACE_S} jo_rest <&3
  kill -KILL 0
) </dev/null >/dev/null 2>&1 &
jo_clock=$!
`;
}
