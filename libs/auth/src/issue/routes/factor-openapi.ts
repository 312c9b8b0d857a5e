import { TOKEN_DELIVERIES } from '../../contract/index.js';
import type { JsonSchema } from '../../verify/http/openapi.js';
import { object, text } from './openapi-schemas.js';

const instant: JsonSchema = { type: 'string', format: 'date-time' };
const texts: JsonSchema = { type: 'array', items: text() };
/** The credential from `navigator.credentials`, as its `toJSON()` writes it. */
const response: JsonSchema = { type: 'object', additionalProperties: true };
const ticket = text('Lives 5 minutes.');
const name = text('A name that the owner chose.', 200);

export const SECOND_FACTOR_BODY: JsonSchema = object(
  {
    ticket,
    code: text('The code of the authenticator app.'),
    recoveryCode: text(),
    passkey: response,
  },
  ['ticket'],
);

export const FACTORS_ANSWER: JsonSchema = {
  type: 'array',
  items: object(
    {
      id: { type: 'string', format: 'uuid' },
      kind: { type: 'string', enum: ['totp', 'passkey'] },
      name,
      createdAt: instant,
      lastUsedAt: instant,
      backedUp: {
        type: 'boolean',
        description:
          'Passkeys only: whether the passkey is backed up, for example synced to other devices.',
      },
    },
    ['id', 'kind', 'createdAt'],
  ),
};

export const NAME_BODY: JsonSchema = object({ name }, []);
export const TOTP_ANSWER: JsonSchema = object({
  id: text(),
  secret: text('base32.'),
  uri: text('The `otpauth:` URI, for a QR code.'),
});
export const CONFIRM_BODY: JsonSchema = object({ id: text(), code: text() });
export const CODES_ANSWER: JsonSchema = object({ recoveryCodes: texts }, []);
export const ID_ANSWER: JsonSchema = object({ id: text() });
export const TICKET_BODY: JsonSchema = object({ ticket }, []);
export const OPTIONS_ANSWER: JsonSchema = object({
  ticket,
  options: { type: 'object', additionalProperties: true },
});
export const REGISTER_PASSKEY_BODY: JsonSchema = object({ ticket, response, name }, [
  'ticket',
  'response',
]);
export const PASSKEY_LOGIN_BODY: JsonSchema = object(
  {
    ticket,
    response,
    rememberMe: { type: 'boolean' },
    transport: { type: 'string', enum: TOKEN_DELIVERIES },
    device: text('The `device` of an earlier login, for clients without cookies.'),
  },
  ['ticket', 'response'],
);
export const IDENTITIES_ANSWER: JsonSchema = {
  type: 'array',
  items: object(
    {
      provider: text(
        'The name of the provider in the routes. Missing if it is no longer configured.',
      ),
      issuer: { type: 'string' },
      email: text('The email that the provider reported when the identity was linked.'),
      linkedAt: instant,
    },
    ['issuer', 'linkedAt'],
  ),
};
export const LINK_BODY: JsonSchema = object(
  { returnTo: text('A path of this origin. Default: /') },
  [],
);
export const URL_ANSWER: JsonSchema = object({ url: text('The URL at the provider.') });
