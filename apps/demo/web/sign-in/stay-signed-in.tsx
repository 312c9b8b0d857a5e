export function StaySignedIn() {
  return (
    <label className="check">
      <input type="checkbox" name="rememberMe" />
      <span>
        Stay signed in for 90 days without use
        <span className="hint">Otherwise 30. Each use begins them anew.</span>
      </span>
    </label>
  );
}
