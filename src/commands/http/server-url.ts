import { EndpointUrl, EndpointUrlError, redactUrl } from '../../config/endpoint-url';
import { UsageError } from '../command.errors';

/**
 * The server's address as a user wrote it; `localhost:5000` is taken for http.
 * @throws UsageError, without the password
 */
export function readServerUrl(text: string): EndpointUrl {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  try {
    const server = EndpointUrl.parse(url);
    if (server.path.includes('?')) {
      throw new EndpointUrlError('has a query string');
    }
    return server;
  } catch (error) {
    if (error instanceof EndpointUrlError) {
      throw new UsageError(
        `the server's address ${JSON.stringify(redactUrl(text))} ${error.message}. It should look like http://localhost:5000`,
      );
    }
    throw error;
  }
}

/** The address as people write it, without user and password. */
export function addressOf(server: EndpointUrl): string {
  return server.path === '/' ? server.origin : server.toString();
}
