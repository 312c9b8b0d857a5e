/** A token with its ward: the ring is not closed, so it can be taken back. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle className="mark-ring" cx="16" cy="16" r="11" pathLength="100" />
      <circle className="mark-pin" cx="16" cy="16" r="3.5" />
    </svg>
  );
}
