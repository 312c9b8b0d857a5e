import { titleOf, useProviders } from './providers.js';

/** The browser goes to the provider, and comes back signed in. */
export function SignInElsewhere() {
  const { data: providers = [] } = useProviders();
  return providers.map((provider) => (
    <button
      key={provider}
      className="wide"
      onClick={() => {
        location.assign(`/auth/oidc/${provider}?returnTo=/`);
      }}
    >
      Sign in with {titleOf(provider)}
    </button>
  ));
}
