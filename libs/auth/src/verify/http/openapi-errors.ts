import type { AnswerDescription, JsonSchema } from './openapi.js';

const ERROR: JsonSchema = {
  type: 'object',
  properties: {
    statusCode: { type: 'integer' },
    error: { type: 'string' },
    message: { type: 'string' },
    code: { type: 'string' },
  },
  required: ['statusCode', 'error', 'message', 'code'],
};

const MEANINGS = {
  400: 'Malformed input; the message names the fields, never their values.',
  401: 'No token, or a token that is not accepted, with the same body.',
  403: 'Refused: cross-origin, a missing right, or a wrong password.',
  404: "It does not exist, or it is not the caller's.",
  409: 'Already taken.',
  429: 'Too many failures; see Retry-After.',
  503: 'A store is unavailable; see Retry-After.',
} as const;

/** The descriptions of these refusals, all of one shape (contract, section 4). */
export function errorAnswers(
  ...statuses: readonly (keyof typeof MEANINGS)[]
): Record<number, AnswerDescription> {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: MEANINGS[status], schema: ERROR }]),
  );
}
