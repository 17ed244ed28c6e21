import { OrchestratorError } from '../common/errors';

/** A text is no usable endpoint. `message` says why, without the text: it may hold a password. */
export class EndpointUrlError extends OrchestratorError {
  readonly code = 'endpoint-url-invalid';
  readonly retryable = false;
}

interface Parts {
  readonly origin: string;
  /** Path without trailing slashes; empty for the root. */
  readonly base: string;
  /** With its question mark, or empty. */
  readonly query: string;
  readonly authorization: string | null;
}

/**
 * Where an executor takes requests of one kind, as an operator wrote it: with or without trailing slashes, below a path
 * prefix, with a query string, with `user:password@`. Printing, logging or serialising one never shows the password.
 */
export class EndpointUrl {
  /** Scheme, host and port, without credentials: `http://client:9000`. */
  readonly origin: string;
  /** Request path of the bare URL, its query with it, without trailing slashes: `/submit?site=a`. */
  readonly path: string;
  // Private to the engine, so that no logger or serialiser finds it.
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.origin = parts.origin;
    this.path = `${parts.base === '' ? '/' : parts.base}${parts.query}`;
    Object.freeze(this);
  }

  /** @throws EndpointUrlError the text is no http or https URL, or one that cannot be meant */
  static parse(text: string): EndpointUrl {
    if (!/^https?:\/\/[^/]/i.test(text)) {
      throw new EndpointUrlError('is not an http or https URL, such as http://client:9000/submit');
    }
    // The URL parser would drop or mend these silently.
    if (/[\s\\\p{Cc}]/u.test(text)) {
      throw new EndpointUrlError('holds a space, backslash or control character; write it percent-encoded');
    }
    if (text.includes('#')) {
      throw new EndpointUrlError('has a fragment (#), which is never sent; in a password write %23');
    }
    if (/^https?:\/\/[^/?@]*:\d*[/?].*@/i.test(text)) {
      // "http://user:12/34@host" would be port 12 of the host "user".
      throw new EndpointUrlError('has an @ behind its port; write %40, and in a password %2F for / and %3F for ?');
    }
    let url: URL;
    try {
      url = new URL(text);
    } catch {
      throw new EndpointUrlError('cannot be read as a URL: is the host or the port wrong?');
    }
    if (url.port === '0') {
      throw new EndpointUrlError('has port 0, which nobody can listen on');
    }
    const base = url.pathname.replace(/\/+$/, '');
    return new EndpointUrl({ origin: url.origin, base, query: url.search, authorization: basicOf(url) });
  }

  /** Value of the Authorization header (`Basic ...`) made of `user:password@`, or null. */
  get authorization(): string | null {
    return this.#parts.authorization;
  }

  /** Request path with one more segment; the query stays last: `/retrieve/7?site=a`. */
  pathFor(id: number | string): string {
    const { base, query } = this.#parts;
    return `${base}/${encodeURIComponent(id)}${query}`;
  }

  /** The endpoint beside this one: `segment` in place of the last path segment; query and credentials stay. */
  sibling(segment: string): EndpointUrl {
    const { base } = this.#parts;
    const parent = base.slice(0, Math.max(base.lastIndexOf('/'), 0));
    return new EndpointUrl({ ...this.#parts, base: `${parent}/${encodeURIComponent(segment)}` });
  }

  /** For people and logs: without user and password. */
  toString(): string {
    return `${this.origin}${this.path}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function basicOf(url: URL): string | null {
  if (url.username === '' && url.password === '') {
    return null;
  }
  let user: string;
  let password: string;
  try {
    user = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw new EndpointUrlError('has a user or password that is not percent-encoded UTF-8; write %25 for %');
  }
  if (user.includes(':')) {
    throw new EndpointUrlError('has a colon in its user, which Basic authentication cannot carry');
  }
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/** An endpoint's text, valid or not, as it may be printed: without anything that could be a password. */
export function redactUrl(text: string): string {
  const at = text.lastIndexOf('@');
  const bare = at < 0 ? text : `***${text.slice(at)}`;
  return bare.replace(/[?#].*$/s, '?***').replace(/:(?!\/\/|\d{1,5}(?:\/|\?|$)).*$/s, ':***'); // "http://user:secret", the host forgotten
}
