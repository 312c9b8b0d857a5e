/** In place of what is not there yet. */
export function Waiting() {
  return (
    <p className="empty" role="status">
      One moment…
    </p>
  );
}
