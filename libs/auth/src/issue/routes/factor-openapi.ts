import { TOKEN_DELIVERIES } from '../../contract/index.js';
import type { JsonSchema } from '../../verify/http/openapi.js';
import { object, text } from './openapi-schemas.js';

const instant: JsonSchema = { type: 'string', format: 'date-time' };
const texts: JsonSchema = { type: 'array', items: text() };
/** What `navigator.credentials` gives, as its `toJSON()` writes it. */
const response: JsonSchema = { type: 'object', additionalProperties: true };
const ticket = text('Lives 5 minutes.');
const name = text('What its owner calls it.', 200);

export const SECOND_FACTOR_BODY: JsonSchema = object(
  { ticket, code: text('Of the app.'), recoveryCode: text(), passkey: response },
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
      backedUp: { type: 'boolean', description: 'Of passkeys: kept in more places than one.' },
    },
    ['id', 'kind', 'createdAt'],
  ),
};

export const NAME_BODY: JsonSchema = object({ name }, []);
export const TOTP_ANSWER: JsonSchema = object({
  id: text(),
  secret: text('base32.'),
  uri: text('For a QR code.'),
});
export const CONFIRM_BODY: JsonSchema = object({ id: text(), code: text() });
export const CODES_ANSWER: JsonSchema = object({ recoveryCodes: texts }, []);
export const ID_ANSWER: JsonSchema = object({ id: text() });
export const TICKET_BODY: JsonSchema = object({ ticket }, []);
export const OPTIONS_ANSWER: JsonSchema = object({
  ticket,
  options: { type: 'object', additionalProperties: true },
});
export const REGISTER_PASSKEY_BODY: JsonSchema = object({ ticket, response, name }, ['ticket', 'response']);
export const PASSKEY_LOGIN_BODY: JsonSchema = object(
  {
    ticket,
    response,
    rememberMe: { type: 'boolean' },
    transport: { type: 'string', enum: TOKEN_DELIVERIES },
    device: text('Of an earlier login, for clients without cookies.'),
  },
  ['ticket', 'response'],
);
export const IDENTITIES_ANSWER: JsonSchema = {
  type: 'array',
  items: object(
    {
      provider: text('As the routes have it; missing for one that is not configured any more.'),
      issuer: { type: 'string' },
      email: text('As the provider gave it when it was linked.'),
      linkedAt: instant,
    },
    ['issuer', 'linkedAt'],
  ),
};
export const LINK_BODY: JsonSchema = object({ returnTo: text('A path of this origin. Default: /') }, []);
export const URL_ANSWER: JsonSchema = object({ url: text('Of the provider.') });
