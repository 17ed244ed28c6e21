import { LeanJson } from './lean-json';

function read(text: string, pieces: number, maxBytes = 10_000): unknown {
  const json = new LeanJson(maxBytes);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieces) {
    if (!json.feed(bytes.subarray(at, at + pieces))) {
      return 'too long';
    }
  }
  return json.value();
}

const PAYLOADS = [
  '{"id":1,"input":{"run.sh":[101,99],"a":{"b":["}"]}},"status":"Prepared","loc":"x"}',
  '{"input":[1,2,[3]],"id":1,"status":"Prepared","loc":"a\\"},{\\"input\\":"}',
  '{ "id" : 1 , "input" : "text, with } and \\" in it" , "status" : "Prepared" , "loc" : "ü" }',
  '{"id":1,"input":null,"status":"Prepared","deep":{"input":[1]},"loc":"input"}',
  '{"id":1,"status":"Prepared","loc":"","input":{}}',
];

describe('a Payload is read without what it echoes', () => {
  it.each(PAYLOADS)('%s', (text) => {
    const expected = { ...(JSON.parse(text) as Record<string, unknown>), input: {} };
    for (let pieces = 1; pieces <= text.length; pieces++) {
      expect(read(text, pieces)).toEqual(expected);
    }
  });

  it('of any size, holding no more than the rest', () => {
    const json = new LeanJson(1_000);
    const piece = Buffer.from('101,'.repeat(16_384));
    json.feed(Buffer.from('{"id":7,"input":{"f":['));
    for (let n = 0; n < 1_000; n++) {
      expect(json.feed(piece)).toBe(true);
    }
    json.feed(Buffer.from('1]},"status":"Running"}'));
    expect(json.value()).toEqual({ id: 7, input: {}, status: 'Running' });
  });

  it('and what else is too long, or no JSON, is told', () => {
    expect(read(`{"id":1,"loc":"${'x'.repeat(500)}"}`, 64, 100)).toBe('too long');
    expect(read('<html>no, "input": nothing</html>', 5)).toBeUndefined();
    expect(read('', 1)).toBeUndefined();
    expect(read('[{"id":1}]', 3)).toEqual([{ id: 1 }]);
  });
});
