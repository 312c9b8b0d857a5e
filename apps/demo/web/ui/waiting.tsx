/** A placeholder for content that is not loaded yet. */
export function Waiting() {
  return (
    <p className="empty" role="status">
      One moment…
    </p>
  );
}
