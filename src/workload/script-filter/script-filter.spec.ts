import { checkScript, SCRIPT_RULE_NAMES } from './script-filter';

const ON = { enabled: true, allow: [] };
const ruleOf = (script: string) => checkScript(Buffer.from(script), ON)?.rule;

const WORDS = (
  'curl wget nc ncat socat ssh scp sftp telnet rsync sudo su chown chroot nsenter unshare mount umount docker kubectl ' +
  'sysctl modprobe insmod rmmod iptables nftables eval crontab systemctl service at stress stress-ng xmrig minerd ' +
  'cpuminer mkfs'
).split(' ');

const PATHS: [path: string, rule: string][] = [
  ['/etc/passwd', 'path-etc-passwd'],
  ['/etc/shadow', 'path-etc-shadow'],
  ['/etc/sudoers', 'path-etc-sudoers'],
  ['/etc/cron.d/x', 'path-etc-cron'],
  ['/etc/crontab', 'path-etc-cron'],
  ['/proc/self/environ', 'path-proc'],
  ['/sys/class/net', 'path-sys'],
  ['~/.ssh/id_rsa', 'path-ssh'],
  ['/root/x', 'path-root'],
  ['/var/run/docker.sock', 'path-docker-sock'],
  ['/dev/tcp/host/80', 'path-dev-tcp'],
  ['/dev/udp/host/80', 'path-dev-udp'],
];

const VARIABLES: [name: string, rule: string][] = [
  ['AWS_ACCESS_KEY_ID', 'var-aws'],
  ['SECRET', 'var-secret'],
  ['TOKEN', 'var-token'],
  ['PASSWORD', 'var-password'],
  ['API_KEY', 'var-api-key'],
];

describe('a forbidden command', () => {
  const places = [
    'W',
    'W arg "$x"',
    'echo a; W',
    'echo a | W h 1',
    'true && W',
    'false || W',
    'sleep 1 & W',
    '(W)',
    '( cd sub && W )',
    '{ W; }',
    'x=$(W http://x)',
    'x="a $(W) b"',
    'x=`W`',
    'echo "`W`"',
    'echo "${x:-$(W)}"',
    'echo $(( $(W) + 1 ))',
    'if W h; then :; fi',
    'if true; then W; else :; fi',
    'if true; then :; elif W; then :; fi',
    'while ! W; do :; done',
    'until W\ndo :\ndone',
    'for i in 1 2; do W; done',
    'case $x in a) W;; esac',
    'case $x in\n a|b) :;;\n (c) W ;;\nesac',
    'f() { W; }',
    'function f {\n W\n}',
    'A=1 B="x y" W',
    'exec W',
    'time -p W',
    'nice -n 5 W',
    'nohup W &',
    'env -i A=1 W',
    'command W',
    'timeout -k 5 10 W',
    'seq 3 | xargs -n 1 W',
    'nohup nice -n5 /usr/bin/env W',
    'find . -name x -exec W {} +',
    '/usr/bin/W x',
    '"W" x',
    '\\W x',
    'bash -c "W x"',
    'bash -euo pipefail -c "W x"',
    "trap 'W x' EXIT",
    'cat <(W)',
    'diff a <(W) > out',
    '> out W',
    '2>err W',
    'echo a \\\n&& W',
    'cat <<EOF\n$(W)\nEOF',
    "cat <<'EOF'\ntext\nEOF\nW",
    'cat <<-EOF && W\n\ttext\n\tEOF',
    '((i++)); W',
    'for ((i=0; i<3; i++)); do W; done',
    '((W; :) | cat)',
    'a=(1 2)\nW',
    '[[ a < b ]] && W',
    'echo $# && W',
    '#!/bin/bash\r\nW\r\n',
    '\uFEFFW',
  ];
  it.each(places)('is refused where bash would run it: %j', (place) => {
    expect(ruleOf(place.replaceAll('W', 'curl'))).toBe('curl');
  });

  it.each(WORDS)('%s is refused under its own name', (word) => {
    expect(ruleOf(`echo start\n${word} x`)).toBe(word);
    expect(ruleOf(`true && /usr/bin/${word}`)).toBe(word);
  });

  const harmless = [
    '# W x',
    'ls # W x',
    "echo 'W x; W'",
    'echo "W x; W"',
    'echo W',
    'cat W.log',
    'ls my-W-results/ W-out/W.txt',
    './W.sh',
    'my-W --x',
    'cat > W.txt <<EOF\nW x\nEOF',
    "cat <<'EOF'\nW x; $(W)\nEOF",
    'command -v W > log',
    'which W',
    'case $x in W|b) :;; (W) :;; esac',
    'for x in W b; do :; done',
    'tools=(W\n W)',
    'declare -a tools=(W)',
    'W() { date; }; W now',
    'function W { date; }\nW now',
    'W=1; x=$W',
    'x=$((W + 1)); ((W++))',
    '[[ $x == W && W < $y || ( W ) ]]',
    'sed -i s/a/W/ f; grep W f',
    "awk '\nW\n' f",
    'echo "${x#W}" ${W:-W}',
    'rm !(W|b).log',
  ];
  it.each(harmless)('is accepted where it is no command: %j', (place) => {
    const refused = WORDS.map((word) => place.replaceAll('W', word)).filter(
      // A name with a dash is no variable.
      (script) => !(script.includes('stress-ng') && /[=$({]stress-ng/.test(script)) && ruleOf(script) !== undefined,
    );
    expect(refused).toEqual([]);
  });
});

describe('a path', () => {
  it.each(PATHS)('%s is refused in any word, redirection and assignment', (path, rule) => {
    for (const script of [`cat ${path}`, `cat "${path}"`, `cat '${path}'`, `read x < ${path}`, `x=${path}`, path]) {
      expect([script, ruleOf(script)]).toEqual([script, rule]);
    }
    expect(ruleOf(`echo x > ${path}`)).toBe(rule);
    expect(ruleOf(`cat \${1:-${path}}`)).toBe(rule);
    expect(ruleOf(`tar cf x.tar --file=${path}`)).toBe(rule);
  });

  it.each(PATHS)('%s is accepted in comments, in text, and as a part of longer paths', (path) => {
    const inner = path.replace('~/', '/');
    for (const script of [
      `# ${path}`,
      `echo "see ${path}"`,
      `printf '%s' ${path}`,
      `cat <<EOF\n${path}\nEOF`,
      `cat <<< ${path}`,
      `ls data${inner} ./x${inner} "$RUN${inner}" "\${RUN}${inner}" */x${inner}`,
    ]) {
      expect([script, ruleOf(script)]).toEqual([script, undefined]);
    }
  });
});

describe('a variable', () => {
  it.each(VARIABLES)('$%s is refused wherever bash expands it', (name, rule) => {
    for (const use of [
      `$${name}`,
      `\${${name}}`,
      `"x $${name} y"`,
      `"\${${name}:-none}"`,
      `\${#${name}}`,
      `\${!${name}}`,
    ]) {
      expect([use, ruleOf(`echo ${use}`)]).toEqual([use, rule]);
    }
    expect(ruleOf(`cat <<EOF\n$${name}\nEOF`)).toBe(rule);
  });

  it.each(VARIABLES)('$%s is accepted where it is text, or another variable', (name) => {
    for (const script of [
      `echo '$${name}' \\$${name} ${name}`,
      `echo $MY_${name}`,
      `cat <<'E'\n$${name}\nE`,
      `# $${name}`,
    ]) {
      expect([script, ruleOf(script)]).toEqual([script, undefined]);
    }
    expect(ruleOf('echo $TOKENS $SECRET_2 $PASSWORD_FILE $API_KEYS $AWS')).toBeUndefined();
  });
});

describe('the rules on arguments', () => {
  it.each([
    ['rm -rf /', 'rm-outside'],
    ['rm -rf ~/x', 'rm-outside'],
    ['rm -rf ../other', 'rm-outside'],
    ['rm a b ./sub/../../x', 'rm-outside'],
    ['rm -rf "$PWD/.."', 'rm-outside'],
    ['rm -rf ${TMPDIR}/../x', 'rm-outside'],
    ['rm -- -x /y', 'rm-outside'],
    ['\\rm -f /tmp/x', 'rm-outside'],
    ['cd sub; rm ../../x', 'rm-outside'],
    ['cd /data && rm -rf old', 'rm-outside'],
    ['(cd /; ls); pushd ..; rm x', 'rm-outside'],
    ['find . | xargs rm -rf /x', 'rm-outside'],
    ['chmod u+s f', 'chmod-setid'],
    ['chmod +s f', 'chmod-setid'],
    ['chmod -R g=rxs d', 'chmod-setid'],
    ['chmod u-x,g+xs f', 'chmod-setid'],
    ['chmod 4755 f', 'chmod-setid'],
    ['chmod 02755 f', 'chmod-setid'],
    ['chmod u=6755 f', 'chmod-setid'],
    ['find . -exec chmod u+s {} \\;', 'chmod-setid'],
    ['ln -s /etc/passwd p', 'path-etc-passwd'],
    ['mkfs.ext4 disk', 'mkfs'],
    ['dd if=/dev/zero of=x bs=1M', 'dd-device'],
    ['dd if=/dev/urandom of=x', 'dd-device'],
    ['dd if=x of=/dev/sda', 'dd-device'],
    ['python -c "x"', 'python-c'],
    ['python3 -c "x"', 'python-c'],
    ['python3.11 -u -W ignore -c x', 'python-c'],
    ['python3 -Ic x', 'python-c'],
    ["perl -e 'x'", 'perl-e'],
    ["perl -w -Mstrict -le 'x'", 'perl-e'],
    ["ruby -e 'x'", 'ruby-e'],
    ['base64 -d x | bash', 'base64-shell'],
    ['echo x | base64 --decode | gunzip | /bin/sh -s', 'base64-shell'],
    [':(){ :|:& };:', 'fork-bomb'],
    ['bomb() {\n bomb | bomb &\n}\nbomb', 'fork-bomb'],
    ['function f { f & f & }; f', 'fork-bomb'],
  ])('refuse %s', (script, rule) => {
    expect(ruleOf(script)).toBe(rule);
  });

  it.each([
    'find "$d" -delete',
    'chmod 755 tool',
    'chmod 000 x',
    'chmod -x,g+w f',
    'chmod u-s f',
    'chmod 0644 users',
    'ln -s nowhere dangling',
    'rm -rf tmp/ ./out *.log a/../b',
    'rm -rf "$TMPDIR"/x "$HOME/x" "$PWD" $d/x "$(mktemp)"',
    'cd sub && rm ../x',
    'cd "$d"; rm ../x',
    '(cd /opt/tool && ./configure); rm -f old.log',
    'cd /opt/tool && source env.sh; cd - ; rm -f old.log',
    'pushd /opt; popd; rm -f x',
    'x="$(cd / && pwd)"; rm x',
    'echo rm -rf /',
    'cat > rest',
    'head -c 100 /dev/urandom > big',
    'dd if=x of=y; dd if=x of=/dev/null',
    'python3 script.py -c conf; python3 -m tool -c conf; python3 - -c < x',
    "perl -pe 's/a/b/' f; perl -ne 'print' f; perl -i.bak -pe 's/e/f/' f; perl -p -i -e s/a/b/ f; perl x.pl -e",
    'ruby x.rb -e',
    'base64 x | tee y; bash z.sh',
    'work() ( sleep 1 ); work & work & wait',
    'split() { split "$1" & split "$2" & wait; }',
    'walk() { for d in */; do (cd "$d"; walk) & done; }',
    'run 2>&1 | tee log &> /dev/null',
    'echo $x$ "$" $"at" $\'at\' a#b',
    'x=${y//\\"/} z="${y:+"$x"}"',
    'echo "unterminated',
  ])('accept %s', (script) => {
    expect(ruleOf(script)).toBeUndefined();
  });
});

describe('scripts of portals', () => {
  it.each([
    `#!/bin/bash
# Runs every HADDOCK3 workflow uploaded beside it, by name; the first that fails ends the job.
trap 'echo "$?" > .orchestrator.exit' EXIT
set -euo pipefail

for cfg in *.cfg; do
    haddock3 "$cfg" > "\${cfg%.cfg}.log" 2>&1
done
`,
    `#!/bin/bash
trap 'echo "$?" > .orchestrator.exit' EXIT
set -euo pipefail
pair=(--receptor 2oob_A.pdb --ligand 2oob_B.pdb)
cat 2oob_A.pdb 2oob_B.pdb > crystal.pdb
contacts=$(gdock restraints "\${pair[@]}" --mode unambig)
mkdir models
gdock run "\${pair[@]}" --restraints "$contacts" --reference crystal.pdb \\
    --nproc 2 --output-dir models > gdock.log 2>&1
`,
    `#!/bin/bash -l
module load gromacs/2024 # at the site, not at home: no ssh, no sudo
export OMP_NUM_THREADS=\${SLURM_CPUS_PER_TASK:-2}
WORK=$(mktemp -d "$TMPDIR/run.XXXXXX"); trap 'rm -rf "$WORK"' EXIT
awk '/^ATOM/ && $5 == "A" { n++; print } END { print "at rest: " n > "/dev/stderr" }' in.pdb > a.pdb
while read -r id x y; do
  if [[ $id =~ ^(at|su)[0-9]+$ ]] && (( x << 2 > y )); then printf '%s at %s\\n' "$id" "$x"; fi
done < list.txt | sort -u >> out.txt || exit 1
case "\${1:-dock}" in dock|at) mode=fast ;; *) mode=full ;; esac
cat > md.mdp <<END
; mount the stress tensor at 300 K
integrator = \${mode}
END
find . -name '*.tmp' -exec rm -f {} +
tar czf results.tgz models/ && rm -rf models tmp.*
exit $?
`,
  ])('are accepted (%#)', (script) => {
    expect(checkScript(Buffer.from(script), ON)).toBeNull();
    expect(checkScript(Buffer.from(script.replaceAll('\n', '\r\n')), ON)).toBeNull();
  });
});

describe('a refusal', () => {
  it('names rule, line, what was found and what an operator can do', () => {
    expect(checkScript(Buffer.from('#!/bin/bash\n# é\nls\n/usr/bin/curl http://x\n'), ON)).toEqual({
      rule: 'curl',
      line: 4,
      message:
        'run.sh, line 4: refused by the script filter\'s rule "curl": it contains "/usr/bin/curl". ' +
        "The executor's operator can allow it with SCRIPT_FILTER_ALLOW=curl",
    });
  });

  it('shows words as they are written, and long ones shortened', () => {
    expect(checkScript(Buffer.from('rm /größe/$x/$(y)'), ON)?.message).toContain('"rm /größe/${x}/$(...)"');
    expect(checkScript(Buffer.from(`rm /${'x'.repeat(1000)}`), ON)?.message.length).toBeLessThan(300);
  });

  it('counts lines through heredocs, continuations and nested scripts', () => {
    expect(checkScript(Buffer.from('cat <<E\na\nE\nls \\\n x\nbash -c "ls\ncurl"'), ON)?.line).toBe(6);
    expect(checkScript(Buffer.from('cat <<E\na\n$(curl)\nE\n'), ON)?.line).toBe(3);
  });

  it('is about the first thing that is not allowed', () => {
    const script = Buffer.from('curl x\nwget y\n');
    expect(checkScript(script, { enabled: true, allow: ['curl'] })?.rule).toBe('wget');
    expect(checkScript(script, { enabled: true, allow: ['wget', 'curl'] })).toBeNull();
  });

  it('never happens with the filter off', () => {
    const off = { enabled: false, allow: [] };
    expect(checkScript(Buffer.from('sudo rm -rf /'), off)).toBeNull();
    expect(checkScript(Buffer.from([0xff]), off)).toBeNull();
    expect(checkScript(Buffer.alloc(21 * 1024 * 1024, '#'), off)).toBeNull();
  });

  it('comes for more than 20 MiB and for text that is not UTF-8, unless allowed', () => {
    const large = Buffer.alloc(20 * 1024 * 1024 + 1, '#');
    expect(checkScript(large, ON)).toMatchObject({ rule: 'too-large', line: null });
    expect(checkScript(large.subarray(1), ON)).toBeNull();
    expect(checkScript(large, { enabled: true, allow: ['too-large'] })).toBeNull();
    const latin = Buffer.from('# caf\xe9\ncurl x\n', 'latin1');
    expect(checkScript(latin, ON)).toMatchObject({ rule: 'not-utf8', line: null });
    expect(checkScript(latin, { enabled: true, allow: ['not-utf8'] })).toMatchObject({ rule: 'curl', line: 2 });
  });
});

it('gives every rule one kebab-case name', () => {
  expect(new Set(SCRIPT_RULE_NAMES).size).toBe(SCRIPT_RULE_NAMES.length);
  expect(SCRIPT_RULE_NAMES.filter((name) => !/^[a-z\d]+(-[a-z\d]+)*$/.test(name))).toEqual([]);
  expect(SCRIPT_RULE_NAMES).toEqual(expect.arrayContaining([...WORDS, ...PATHS.map(([, rule]) => rule)]));
});
