/** What a proof can come with. */
export interface Way {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Of a proof that is refused. */
  readonly refusal: 400 | 401;
  /** It comes with the access token. */
  readonly isRequest?: true;
  json?(): object;
}
export interface Sent extends Way {
  readonly proof: string;
  readonly token?: string;
}

/** The statuses of a proof that is sent twice to each process, all at once. */
export const once = ({ refusal }: Way, processes = 3) => [
  200,
  ...Array<number>(2 * processes - 1).fill(refusal),
];
export const never = (status: number, processes = 3) => Array<number>(2 * processes).fill(status);
