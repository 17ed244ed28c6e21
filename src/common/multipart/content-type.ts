import { BadFormError } from './multipart-errors';
import { readParameters } from './header-parameters';
import { quoted } from './file-name';

/** RFC 2046 allows 70 characters. Some clients send more; nobody sends this many. */
const MAX_BOUNDARY_LENGTH = 200;

/**
 * The boundary that a request's Content-Type announces.
 * @throws BadFormError saying what is missing or wrong
 */
export function readBoundary(contentType: string | undefined): string {
  if (contentType === undefined || contentType.trim() === '') {
    throw new BadFormError('the Content-Type header is missing: multipart/form-data is needed');
  }
  const { value, parameters } = readParameters(contentType, 'the Content-Type header');
  if (value !== 'multipart/form-data') {
    throw new BadFormError(`the Content-Type is ${quoted(value)}: multipart/form-data is needed`);
  }
  const boundary = parameters.get('boundary');
  if (boundary === undefined) {
    throw new BadFormError('the Content-Type header is multipart/form-data, but its boundary is missing');
  }
  if (boundary === '') {
    throw new BadFormError('the boundary in the Content-Type header is empty');
  }
  if (boundary.length > MAX_BOUNDARY_LENGTH) {
    throw new BadFormError(
      `the boundary in the Content-Type header is ${boundary.length} characters long: the limit is ${MAX_BOUNDARY_LENGTH}`,
    );
  }
  if (!/^[\x20-\x7e]+$/.test(boundary)) {
    throw new BadFormError('the boundary in the Content-Type header has characters other than printable ASCII');
  }
  return boundary;
}
