/** The logo: a token in an open ring, because it can be revoked. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle className="mark-ring" cx="16" cy="16" r="11" pathLength="100" />
      <circle className="mark-pin" cx="16" cy="16" r="3.5" />
    </svg>
  );
}
