export const SCONTROL_PING_ARGS: readonly string[] = ['ping'];

/** `null`: one of the controllers answers; else what scontrol says. It fails at once, where other commands take 19 s. */
export function parsePing(output: string): string | null {
  const controllers = output.split('\n').filter((line) => /^Slurmctld\(/i.test(line));
  if (controllers.some((line) => / is UP\s*$/.test(line))) {
    return null;
  }
  return controllers.length === 0 ? 'scontrol ping gave no answer' : controllers.join('; ');
}
