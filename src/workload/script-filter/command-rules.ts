/** Rules on simple commands: which ones a job may not run, and with which arguments. */
import { placeOf, type Place } from './outside-directory';
import { type Word } from './shell-visitor';

/** Refused whatever their arguments; each is a rule of its own. */
const COMMANDS = [
  ...['curl', 'wget', 'nc', 'ncat', 'socat', 'ssh', 'scp', 'sftp', 'telnet', 'rsync'],
  ...['sudo', 'su', 'chown', 'chroot', 'nsenter', 'unshare', 'mount', 'umount', 'docker', 'kubectl'],
  ...['sysctl', 'modprobe', 'insmod', 'rmmod', 'iptables', 'nftables'],
  ...['eval', 'crontab', 'systemctl', 'service', 'at'],
  ...['stress', 'stress-ng', 'xmrig', 'minerd', 'cpuminer', 'mkfs'],
];
const FORBIDDEN: ReadonlySet<string> = new Set(COMMANDS);

export const COMMAND_RULE_NAMES: readonly string[] = [
  ...COMMANDS,
  ...['rm-outside', 'chmod-setid', 'dd-device', 'python-c', 'perl-e', 'ruby-e'],
];

// By name: `./mkfs.sh` is a script of the job.
const FILE_SYSTEM_MAKER = /^mkfs\.(?:bfs|btrfs|cramfs|exfat|ext[234]|f2fs|fat|jfs|minix|msdos|ntfs|vfat|xfs)$/;

// Of perl and ruby: the script is run on each line of the input, as sed does.
const FILTER_OPTION = /^-[wlai0-9]*[pn]/;

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh']);

/** A rule that a command broke, and the word that broke it. */
export interface Breach {
  readonly rule: string;
  readonly word: Word;
}

const WITH_RULES = new Set([...COMMANDS, ...SHELLS, 'rm', 'chmod', 'dd', 'perl', 'ruby', 'find', 'trap']);

/** Is the command worth a look at its arguments? Few are, and the others are told quickly. */
export function hasRules(name: string): boolean {
  return WITH_RULES.has(name) || name.startsWith('python') || name.startsWith('mkfs.');
}

/** The rule that the command breaks, if any. `directory` is where it runs. */
export function checkCommand(name: string, command: Word, args: readonly Word[], directory: Place): Breach | null {
  const breach = (rule: string, word: Word | undefined) => (word === undefined ? null : { rule, word });
  if (FORBIDDEN.has(name)) {
    return { rule: name, word: command };
  }
  switch (name) {
    case 'rm':
      return breach('rm-outside', removedOutside(args, directory));
    case 'chmod':
      return breach('chmod-setid', setIdMode(args));
    case 'dd':
      return breach('dd-device', args.find(isDeviceOperand));
    case 'perl':
      return breach('perl-e', inlineScript(args, /^-[lwWtTuUXc0-9]*[eE]/, 'IMm'));
    case 'ruby':
      return breach('ruby-e', inlineScript(args, /^-[lwWvUc0-9]*e/, 'ICEr'));
    default:
      if (name.startsWith('python') && /^[\d.]*$/.test(name.slice(6))) {
        return breach('python-c', inlineScript(args, /^-[bBdEhiIOPqRsSuvVx]*c/, 'WX'));
      }
      return name.startsWith('mkfs.') && FILE_SYSTEM_MAKER.test(name) ? { rule: 'mkfs', word: command } : null;
  }
}

export function isShell(name: string): boolean {
  return SHELLS.has(name);
}

/** The argument that the command runs as a shell script: of `bash -c` and of `trap`. */
export function scriptArgument(name: string, args: readonly Word[]): Word | undefined {
  if (name === 'trap') {
    return args.find(({ text }) => !text.startsWith('-'));
  }
  if (!isShell(name)) {
    return undefined;
  }
  const end = args.findIndex(
    // The value of `-o pipefail` is no script either.
    ({ text }, at) => !/^[-+]./.test(text) && !/^[-+][A-Za-z]*[oO]$/.test(args[at - 1]?.text ?? ''),
  );
  const hasScript = args.slice(0, Math.max(end, 0)).some(({ text }) => /^-[A-Za-z]*c/.test(text));
  return hasScript ? args[end] : undefined;
}

function removedOutside(args: readonly Word[], directory: Place): Word | undefined {
  const end = args.findIndex(({ text }) => text === '--');
  return args.find(
    ({ text }, at) => (!text.startsWith('-') || (end >= 0 && at > end)) && placeOf(text, directory) === 'outside',
  );
}

/** The mode, if it sets a set-user-id or set-group-id bit: `u+s`, `=rwxs`, `4755`, `+2000`. */
function setIdMode(args: readonly Word[]): Word | undefined {
  if (args.some(({ text }) => text.startsWith('--reference'))) {
    return undefined;
  }
  const mode = args.find(({ text }) => !text.startsWith('-') || /^-[rwxXst]*[,+=]/.test(text));
  const text = mode?.text ?? '';
  const octal = /^[ugoa]*[+=]?([0-7]+)$/.exec(text)?.[1];
  // The last digits decide; longer numbers would lose them.
  const isSetting =
    octal === undefined
      ? /^[-+=,ugoarwxXst]*$/.test(text) && /[+=][rwxXt]*s/.test(text)
      : (Number.parseInt(octal.slice(-6), 8) & 0o6000) !== 0;
  return isSetting ? mode : undefined;
}

/** Endless input, or output into a device; the streams that everybody may write to are no devices in this sense. */
function isDeviceOperand({ text }: Word): boolean {
  return (
    /^if=\/dev\/(?:zero|urandom)$/.test(text) ||
    (text.startsWith('of=/dev/') && !/\/(?:null|stdout|stderr)$/.test(text))
  );
}

/**
 * The option that says that the script follows on the command line, before any script file.
 * Filters (`perl -pe`, `perl -n -e`) are not meant.
 */
function inlineScript(args: readonly Word[], option: RegExp, valued: string): Word | undefined {
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === undefined || !/^-./.test(word.text) || word.text === '--' || FILTER_OPTION.test(word.text)) {
      return undefined;
    }
    if (option.test(word.text)) {
      return word;
    }
    if (word.text.length === 2 && valued.includes(word.text.charAt(1))) {
      at++;
    } else if (word.text.startsWith('-m') && !valued.includes('m')) {
      return undefined;
    }
  }
  return undefined;
}
