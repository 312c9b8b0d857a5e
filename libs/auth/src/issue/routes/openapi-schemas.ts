import { TOKEN_DELIVERIES } from '../../contract/index.js';
import type { JsonSchema } from '../../verify/http/openapi.js';

export const text = (description?: string, maxLength?: number): JsonSchema => ({
  type: 'string',
  description,
  maxLength,
});
const instant: JsonSchema = { type: 'string', format: 'date-time' };
export const object = (
  properties: Readonly<Record<string, JsonSchema>>,
  required = Object.keys(properties),
): JsonSchema => ({
  type: 'object',
  properties,
  required,
});

const USER: JsonSchema = object({ id: text(), email: text(), role: text(), name: text() }, [
  'id',
  'email',
]);

const tokens = {
  tokenType: { type: 'string', enum: ['Bearer', 'DPoP'] },
  expiresIn: { type: 'integer', description: 'Seconds.' },
  accessToken: text('Transports `hybrid` and `bearer`.'),
  refreshToken: text('Transport `bearer`.'),
} satisfies Record<string, JsonSchema>;
const device = text('Transport `bearer`: send it with the next login.');

export const TOKEN_ANSWER: JsonSchema = object(tokens, ['tokenType', 'expiresIn']);
export const LOGIN_ANSWER: JsonSchema = object({ user: USER, ...tokens, device }, [
  'user',
  'tokenType',
  'expiresIn',
]);
export const SESSION_INSTRUCTIONS: JsonSchema = object({
  session_identifier: text(),
  refresh_url: text(),
  scope: { type: 'object' },
  credentials: { type: 'array', items: { type: 'object' } },
});
export const REGISTER_ANSWER: JsonSchema = object({ user: USER });

const bound: JsonSchema = {
  type: 'string',
  enum: ['dbsc', 'dpop'],
  description: 'What the session is bound to.',
};
/** Who acts as the user, if somebody does. */
const ACTOR: JsonSchema = object({ id: text() });

export const ME_ANSWER: JsonSchema = object(
  {
    id: text(),
    email: text(),
    name: text(),
    role: text(),
    permissions: { type: 'array', items: text() },
    sessionId: text(),
    authTime: instant,
    amr: { type: 'array', items: text(), description: 'RFC 8176.' },
    bound,
    expiresAt: instant,
    actor: ACTOR,
  },
  ['id', 'email', 'permissions', 'sessionId', 'amr', 'expiresAt'],
);

export const SESSIONS_ANSWER: JsonSchema = {
  type: 'array',
  items: object(
    {
      id: { type: 'string', format: 'uuid' },
      createdAt: instant,
      lastUsedAt: instant,
      expiresAt: instant,
      ip: { type: 'string', nullable: true },
      userAgent: { type: 'string', nullable: true },
      persistent: { type: 'boolean' },
      current: { type: 'boolean' },
      bound,
      actor: ACTOR,
    },
    ['id', 'createdAt', 'lastUsedAt', 'expiresAt', 'ip', 'userAgent', 'persistent', 'current'],
  ),
};

export const JWKS_ANSWER: JsonSchema = object({
  keys: { type: 'array', items: { type: 'object', additionalProperties: true } },
});

const apiKey: JsonSchema = object(
  {
    id: text(),
    name: text(),
    permissions: { type: 'array', items: { type: 'string' } },
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant,
  },
  ['id', 'name', 'createdAt'],
);
export const API_KEYS_ANSWER: JsonSchema = { type: 'array', items: apiKey };
export const CREATED_API_KEY_ANSWER: JsonSchema = object({ id: text(), key: text('Shown once.') });
export const API_KEY_BODY: JsonSchema = object(
  {
    name: text(undefined, 200),
    permissions: { type: 'array', items: { type: 'string' } },
    expiresIn: { type: 'integer', description: 'Seconds.' },
  },
  ['name'],
);

const texts: JsonSchema = { type: 'array', items: { type: 'string' } };

export const DISCOVERY_ANSWER: JsonSchema = object({
  issuer: text(),
  jwks_uri: text(),
  response_types_supported: texts,
  subject_types_supported: texts,
  id_token_signing_alg_values_supported: texts,
});

const refreshToken = text('For a session without a refresh cookie.');
const password: JsonSchema = { type: 'string', format: 'password' };

export const REGISTER_BODY: JsonSchema = object(
  { email: text(undefined, 320), password, name: text(undefined, 200) },
  ['email', 'password'],
);
export const LOGIN_BODY: JsonSchema = object(
  {
    email: text(undefined, 320),
    password,
    rememberMe: { type: 'boolean' },
    transport: { type: 'string', enum: TOKEN_DELIVERIES },
    device: text('The `device` of an earlier login, for clients without cookies.'),
  },
  ['email', 'password'],
);
const mailed = text('The token from the mail.');
/** The answer of every route that signs in. */
export const SIGNED_IN = {
  description: 'Signed in. The transport decides which cookies are set.',
  schema: LOGIN_ANSWER,
};

/** The description of every answer to somebody who asks for a link. */
export const LINK_ASKED =
  'Accepted. The answer and its time are the same whether the account exists or not.';

export const EMAIL_BODY: JsonSchema = object({ email: text(undefined, 320) });
export const LINK_BODY: JsonSchema = object({ token: mailed });
export const RESET_BODY: JsonSchema = object({ token: mailed, newPassword: password, device }, [
  'token',
  'newPassword',
]);
export const MAGIC_LOGIN_BODY: JsonSchema = object(
  {
    token: mailed,
    rememberMe: { type: 'boolean' },
    transport: { type: 'string', enum: TOKEN_DELIVERIES },
    device,
  },
  ['token'],
);
export const RETRY_KEY = {
  'Idempotency-Key': {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]{22,128}$',
    description:
      'One key for each logical request, sent again with every retry of it. A retry gets the same tokens.',
  },
} satisfies Record<string, JsonSchema>;

export const REFRESH_BODY: JsonSchema = object({ refreshToken }, []);
export const PASSWORD_BODY: JsonSchema = object(
  { currentPassword: password, newPassword: password, refreshToken },
  ['currentPassword', 'newPassword'],
);
export const REAUTHENTICATE_BODY: JsonSchema = object(
  {
    password,
    code: text('The code of an authenticator app; alone or together with the password.'),
    ticket: text('The ticket from passkeys/login/options, together with `passkey`.'),
    passkey: { type: 'object', additionalProperties: true },
    refreshToken,
  },
  [],
);
