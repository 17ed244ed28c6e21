import type { BackendRef } from '../backend';
import { BadBackendRefError } from '../backend.errors';
import { decodeRef, encodeRef } from './native-ref';

it.each([
  { service: 'contacts', payloadId: 1 },
  { service: 'my_tool_2', payloadId: 999_999_999_999_999 },
  { service: '_', payloadId: 0 },
])('the ref of %j is read back', (ref) => {
  expect(decodeRef(encodeRef(ref))).toEqual(ref);
});

it('a ref has the form that rows of this release hold', () => {
  expect(encodeRef({ service: 'contacts', payloadId: 7 })).toBe('n1:contacts:7');
});

it.each(['', '7', 'n2:contacts:7', 'n1:contacts:', 'n1::7', 'n1:Contacts:7', 'n1:a:b:7', 'n1:a:-7', 'n1:a:7\n'])(
  '%j is refused, by name',
  (text) => {
    expect(() => decodeRef(text as BackendRef)).toThrow(new BadBackendRefError(text));
  },
);
