# launcher.sh SUPERVISOR: starts supervisors on demand, for the executor, whose child it is.
# Node forks slowly (it is large, and waits for the new program): some milliseconds a job in which it does nothing else.
# Reads for each job a line "TAG P V", then P bytes: the payload's directory, then V bytes: bash code that exports the
# job's variables. Counted, since bash reads a pipe byte by byte when it has to look for an end.
# It ends with its input; the supervisors that it has started live on.
exec 3>&1
read -r __boot </proc/sys/kernel/random/boot_id
# Once: a long PATH is searched by a failed start of each program in it. Jobs start in other directories than this one.
__setsid=$(realpath -s "$(type -P setsid)")
__bash=$(realpath -s "$(type -P bash)")
. "$1"
while read -r __tag __path_bytes __variables_bytes; do
  IFS= read -r -N "$__path_bytes" __path
  IFS= read -r -N "$__variables_bytes" __variables
  supervise </dev/null >/dev/null 2>&1 &
done
