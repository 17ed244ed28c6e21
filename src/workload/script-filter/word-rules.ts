/** Rules on single words: paths that are no business of a job, and variables that hold other people's secrets. */

const PATHS: Readonly<Record<string, string>> = {
  'etc/passwd': 'path-etc-passwd',
  'etc/shadow': 'path-etc-shadow',
  'etc/sudoers': 'path-etc-sudoers',
  'etc/cron': 'path-etc-cron',
  'proc/': 'path-proc',
  'sys/': 'path-sys',
  'root/': 'path-root',
  'var/run/docker.sock': 'path-docker-sock',
  'dev/tcp/': 'path-dev-tcp',
  'dev/udp/': 'path-dev-udp',
  '~/.ssh/': 'path-ssh',
};
const VARIABLES: Readonly<Record<string, string>> = {
  SECRET: 'var-secret',
  TOKEN: 'var-token',
  PASSWORD: 'var-password',
  API_KEY: 'var-api-key',
};

export const WORD_RULE_NAMES: readonly string[] = [...Object.values(PATHS), 'var-aws', ...Object.values(VARIABLES)];

// Only where a path starts: `data/proc/x`, `$RUN/sys/y` and `*/root/z` are files of the job.
const PATH =
  /(?<![\w./*?}\]\uE001~])(?:\/+(etc\/(?:passwd|shadow|sudoers)\b|etc\/cron|proc\/|sys\/|root\/|var\/run\/docker\.sock\b|dev\/tcp\/|dev\/udp\/)|(~\/\.ssh\/))/g;

/** The rules that paths in this text break, in their order. */
export function pathRulesIn(text: string): readonly string[] {
  if (!text.includes('/')) {
    return [];
  }
  return Array.from(text.matchAll(PATH), (match) => PATHS[match[1] ?? match[2] ?? ''] ?? []).flat();
}

/** The rule that an expansion of this variable breaks. */
export function variableRule(name: string): string | undefined {
  return name.startsWith('AWS_') ? 'var-aws' : Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
}
