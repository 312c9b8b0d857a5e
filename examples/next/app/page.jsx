import { Account } from './account.jsx';
import { Who } from './who.jsx';

export default function Page() {
  return (
    <main>
      <Who id="header" />
      <Who id="main" />
      <Account />
    </main>
  );
}
