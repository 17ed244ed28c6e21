import { readDisposition } from './content-disposition';
import { BadFormError } from './multipart-errors';

function read(value: string | Buffer) {
  return readDisposition([{ name: 'content-disposition', value: Buffer.from(value) }], 3);
}

describe('the Content-Disposition of a part', () => {
  it.each([
    ['a text field', 'form-data; name="user_id"', 'user_id', undefined],
    ['a file', 'form-data; name="file"; filename="run.sh"', 'file', 'run.sh'],
    ['odd case and blanks', ' Form-Data ;NAME = file ; FileName="a b" ;', 'file', 'a b'],
    ['no blanks at all', 'form-data;name=file;filename=run.sh', 'file', 'run.sh'],
    ['a file without a field name', 'form-data; filename="x"', undefined, 'x'],
    ['raw UTF-8', 'form-data; name="f"; filename="naïve file – β.txt"', 'f', 'naïve file – β.txt'],
    ['an escaped quote', String.raw`form-data; name="f"; filename="say \"hi\".txt"`, 'f', 'say "hi".txt'],
    ['an escaped backslash at the end', String.raw`form-data; name="f"; filename="a\\"`, 'f', 'a\\'],
    ['a lone backslash', String.raw`form-data; name="f"; filename="C:\temp\x.txt"`, 'f', 'C:\\temp\\x.txt'],
    ['%22, which stays', 'form-data; name="f"; filename="a%22b%0A"', 'f', 'a%22b%0A'],
    ['a semicolon in quotes', 'form-data; name="a;b"; filename="x;y=z"', 'a;b', 'x;y=z'],
    ['an empty file input', 'form-data; name="f"; filename=""', 'f', ''],
    ['an unknown parameter', 'form-data; name="f"; size=12; filename="x"', 'f', 'x'],
    ['filename* alone', "form-data; name=f; filename*=UTF-8''na%C3%AFve%20file.txt", 'f', 'naïve file.txt'],
    ['filename* after filename', 'form-data; filename="x"; filename*=utf-8\'en\'%e2%82%ac', undefined, '€'],
    ['filename* before filename', "form-data; filename*=utf-8''%e2%82%ac; filename=x", undefined, '€'],
    ['filename* in quotes', 'form-data; filename*="utf-8\'\'a%20b"', undefined, 'a b'],
    ['ISO-8859-1', "form-data; filename*=ISO-8859-1''na%EFve", undefined, 'naïve'],
    ['name*', "form-data; name*=utf-8''a%2Fb; filename=x", 'a/b', 'x'],
  ])('is read with %s', (_, header, name, filename) => {
    expect(read(header)).toEqual({ name, filename });
  });

  it.each([
    ['another type', 'attachment; filename="x"', /is "attachment", not form-data/],
    ['bytes that are not UTF-8', Buffer.from('form-data; filename="na\xefve"', 'latin1'), /not valid UTF-8/],
    ['a quote that does not end', 'form-data; filename="x', /cannot be read from its character 11 on/],
    ['text behind a quoted string', 'form-data; filename="x"y', /cannot be read/],
    ['a name given twice', 'form-data; filename="x"; filename="y"', /gives filename twice/],
    ['a bad percent escape', "form-data; filename*=utf-8''a%2", /filename\* in .* is not of the form/],
    ['no charset', 'form-data; filename*=x.txt', /filename\* in .* is not of the form/],
    ['bytes that are not UTF-8 in filename*', "form-data; filename*=utf-8''%ff", /filename\* in .* not valid UTF-8/],
    ['an unknown charset', "form-data; filename*=koi8-r''%c1", /the charset "koi8-r"/],
    ['a name in pieces', 'form-data; filename*0="a"; filename*1="b"', /has filename\*0, a form of name/],
    ['a line end outside quotes', 'form-data; name=a\nX: y', /control character outside quotes/],
  ])('is refused with %s, naming the part', (_, header, message) => {
    expect(() => read(header)).toThrow(BadFormError);
    expect(() => read(header)).toThrow(message);
    expect(() => read(header)).toThrow(/of part 3/);
  });

  it('must be there, once', () => {
    const header = { name: 'content-disposition', value: Buffer.from('form-data; name=a') };
    expect(() => readDisposition([], 2)).toThrow('part 2 has no Content-Disposition header');
    expect(() => readDisposition([header, header], 2)).toThrow('part 2 has 2 Content-Disposition headers');
  });

  it.each([
    ['backslashes', 'a="' + '\\'.repeat(16_000)],
    ['blanks', 'a=' + ' '.repeat(16_000) + '"'],
    ['blanks behind a quote', 'a="b"' + ' '.repeat(16_000) + 'c'],
    ['a long name', 'a'.repeat(16_000)],
    ['semicolons', ';'.repeat(16_000) + '"'],
  ])('costs no more than its length where it is hostile: %s', (_, parameters) => {
    const started = performance.now();
    expect(() => read(`form-data; ${parameters}`)).toThrow(BadFormError);
    expect(performance.now() - started).toBeLessThan(100);
  });
});
