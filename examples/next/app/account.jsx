'use client';

import { useRouter } from 'next/navigation';
import { RequireUser, useAuthClient, useUser } from '@tokenward/client/react';

export function Account() {
  return (
    <RequireUser signedOut={<SignIn />} loading={<p id="account">…</p>}>
      <SignedIn />
    </RequireUser>
  );
}

function SignedIn() {
  const client = useAuthClient();
  const router = useRouter();
  const signOut = async () => {
    await client.logout();
    // what the server rendered is of the former person
    router.refresh();
  };
  return (
    <>
      <p id="account">{useUser()?.email}</p>
      <button onClick={signOut}>Sign out</button>
    </>
  );
}

function SignIn() {
  const client = useAuthClient();
  const router = useRouter();
  const signIn = async (event) => {
    event.preventDefault();
    const { email, password } = Object.fromEntries(new FormData(event.target));
    await client.login({ email, password });
    router.refresh();
  };
  return (
    <form onSubmit={signIn}>
      <input name="email" type="email" aria-label="Email" />
      <input name="password" type="password" aria-label="Password" />
      <button>Sign in</button>
    </form>
  );
}
