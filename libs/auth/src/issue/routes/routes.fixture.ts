import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import type { Answer, Call, TestApp } from '../../verify/http/test-app.fixture.js';
import { grant } from '../../verify/http/samples.fixture.js';
import { startApp } from '../../verify/http/http-app.fixture.js';

export type Headers = Record<string, string>;
type Flow = (...args: unknown[]) => Promise<unknown>;

export const USER = {
  id: 'u1',
  email: 'ann@example.com',
  role: 'user',
  name: 'Ann',
  permissions: [],
  disabled: false,
  passwordHash: '$argon2id$secret',
};
export const LOGIN = { email: 'ann@example.com', password: 'correct horse' };
export const OTHER_SESSION = '3f1d2c4b-5a69-4788-96a5-b4c3d2e1f002';
export const SIGNED_IN: Headers = { cookie: 'access_token=good; refresh_token=rrr' };

export const refused = (extra = {}): AuthError => new AuthError('token_refused', 'spent', extra);
export const message = (answer: Answer): string => (answer.json as { message: string }).message;
/** The cookie names of an answer in order, with the cleared ones marked. */
export const names = (answer: Answer): string[] =>
  answer.cookies.map((line) => `${line.split('=', 1)[0]}${/=;/.test(line) ? ' cleared' : ''}`);

const accountOf = ({ id }: Principal) => (id === USER.id ? USER : { ...USER, id, name: undefined });

function fakes() {
  const fake = () => jest.fn<Flow>();
  return {
    CallerFlow: { accountOf: fake() },
    RegisterFlow: { register: fake() },
    LoginFlow: { login: fake() },
    RefreshFlow: { refresh: fake() },
    LogoutFlow: { logout: fake() },
    EndSessionsFlow: {
      list: fake(),
      endOne: fake(),
      endOthers: fake(),
      endAll: fake(),
      revokeUser: fake(),
    },
    ChangePasswordFlow: { changePassword: fake() },
    ReauthenticateFlow: { reauthenticate: fake() },
  };
}

/**
 * The routes over real HTTP, with flows that each test scripts. It is set up and torn down around the describe that
 * calls it.
 */
export class RoutesUnderTest {
  readonly flows = fakes();
  /** Whose account the proof of each answered sign-in and refresh is counted for. */
  readonly countedFor: (string | undefined)[] = [];
  #app: TestApp | undefined;

  constructor(adapter: 'express' | 'fastify') {
    const { flows, countedFor } = this;
    const provedBy = async <T>(
      _request: unknown,
      work: (proved: object) => Promise<T>,
      { accountOf }: { readonly accountOf?: (done: T) => string | undefined } = {},
    ): Promise<T> => {
      const done = await work({});
      countedFor.push(accountOf?.(done));
      return done;
    };
    beforeAll(async () => {
      this.#app = await startApp(adapter, { flows, proofs: { provedBy } });
    });
    beforeEach(() => {
      flows.CallerFlow.accountOf.mockImplementation((caller) =>
        Promise.resolve(accountOf(caller as Principal)),
      );
      flows.RegisterFlow.register.mockResolvedValue(USER);
      flows.LoginFlow.login.mockResolvedValue({ user: USER, grant: grant({ deviceToken: 'ddd' }) });
      flows.RefreshFlow.refresh.mockResolvedValue(grant());
      flows.ChangePasswordFlow.changePassword.mockResolvedValue(grant());
      flows.ReauthenticateFlow.reauthenticate.mockResolvedValue(grant());
    });
    afterEach(() => {
      countedFor.length = 0;
      for (const flow of Object.values(flows))
        for (const method of Object.values(flow)) method.mockReset();
    });
    afterAll(() => this.#app?.app.close());
  }

  call(method: string, path: string, call: Call = {}): Promise<Answer> {
    if (!this.#app) throw new Error('not started');
    return this.#app.call(method, path, call);
  }

  post(path: string, call: Call = {}): Promise<Answer> {
    return this.call('POST', `/auth/${path}`, call);
  }
}
