import { Mark } from '../ui/mark.js';

export function Unavailable() {
  return (
    <main className="lone">
      <Mark />
      <h1>The server cannot answer right now</h1>
      <p>You are not signed out. As soon as it is back, so are you.</p>
      <button
        className="primary"
        onClick={() => {
          location.reload();
        }}
      >
        Try again
      </button>
    </main>
  );
}
