export function StaySignedIn() {
  return (
    <label className="check">
      <input type="checkbox" name="rememberMe" />
      <span>
        Stay signed in for 90 days without use
        <span className="hint">Otherwise for 30 days. Each use starts the time again.</span>
      </span>
    </label>
  );
}
