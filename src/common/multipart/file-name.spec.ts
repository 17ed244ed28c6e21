import { quoted, storedName } from './file-name';
import { BadFormError } from './multipart-errors';

describe('the name under which a file is stored', () => {
  it.each([
    ['run.sh', 'run.sh'],
    ['../../evil', 'evil'],
    ['/etc/evil', 'evil'],
    ['..\\..\\evil', 'evil'],
    ['a\\b/c\\d.txt', 'd.txt'],
    ['.hidden', '.hidden'],
    ['...', '...'],
    ['naïve file.txt', 'naïve file.txt'],
    ['é'.repeat(127) + 'x', 'é'.repeat(127) + 'x'],
  ])('of %j is %j', (raw, name) => {
    expect(storedName(raw)).toBe(name);
  });

  it.each([
    ['', /"" cannot be used: it is empty/],
    ['dir/', /"dir\/" .* it is empty/],
    ['.', /"\." .* names a directory/],
    ['..', /"\.\." .* names a directory/],
    ['a/..', /"a\/\.\." .* names a directory/],
    ['a\0b', /"a\\u0000b" .* control character/],
    ['a\nb', /"a\\nb" .* control character/],
    ['a\x7fb', /control character/],
    ['x'.repeat(300), /"x{80}\.\.\." .* longer than 255 bytes/],
    ['é'.repeat(128), /"é{80}\.\.\." .* longer than 255 bytes/],
  ])('is refused for %j, showing it', (raw, message) => {
    expect(() => storedName(raw)).toThrow(BadFormError);
    expect(() => storedName(raw)).toThrow(message);
  });

  it('is shown without half a character where it is shortened', () => {
    expect(quoted('😀'.repeat(100))).toBe(`"${'😀'.repeat(80)}..."`);
    expect(quoted('😀'.repeat(80))).toBe(`"${'😀'.repeat(80)}"`);
  });
});
