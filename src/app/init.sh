# init.sh COMMAND...: what runs as PID 1 of a container in place of the executor, which becomes its child.
# bash reaps the orphans that jobs leave, as PID 1 has to and Node does not; it passes signals on, and exits as its child.
for signal in TERM INT HUP; do
  trap "kill -s $signal \$child 2>/dev/null" "$signal"
done
"$@" &
child=$!
# A signal ends the wait early; the child may take its time to stop.
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
exit "$code"
