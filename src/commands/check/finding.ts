/** What `check` found out about one thing that a start needs. */
export interface Finding {
  /** `database`, `service words`. */
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'fault';
  /** What was looked at, and of a fault what is wrong and what to do. Never a secret. */
  readonly text: string;
}

export const ok = (what: string, text: string): Finding => ({ what, state: 'ok', text });
export const warning = (what: string, text: string): Finding => ({ what, state: 'warning', text });
export const fault = (what: string, text: string): Finding => ({ what, state: 'fault', text });
