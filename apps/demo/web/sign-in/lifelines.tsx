/** Three sessions over time: one that continues, one that it ends, and one whose token was copied. */
export function Lifelines() {
  return (
    <svg
      className="lifelines"
      viewBox="0 0 480 272"
      role="img"
      aria-label="Three sessions as lines in time. A laptop's goes on, with a new token at every refresh. A phone's is ended from the laptop and stops there. The token of another user is copied: when the spent copy comes back, the session and the copy end together."
    >
      <text x="0" y="20">
        Your laptop
      </text>
      <text x="480" y="20" className="note" textAnchor="end">
        a new token at every refresh
      </text>
      <path className="line" d="M0 44H468" />
      <Rotations y={44} at={[60, 120, 180, 240, 300, 360, 420]} />
      <circle className="now" cx="472" cy="44" r="7" />

      <path className="order" d="M300 52V110" />
      <text x="0" y="104">
        Your phone
      </text>
      <text x="480" y="104" className="note" textAnchor="end">
        ended from the laptop
      </text>
      <path className="line" d="M0 128H300" />
      <Rotations y={128} at={[84, 156, 228]} />
      <path className="gone" d="M310 128H480" />
      <path className="end" d="M300 117V139" />

      <text x="0" y="188">
        Somebody else
      </text>
      <text x="480" y="188" className="note" textAnchor="end">
        a spent token comes back
      </text>
      <path className="line" d="M0 212H380" />
      <path className="theft" d="M120 212C132 212 132 242 148 242H352C368 242 368 212 380 212" />
      <Rotations y={212} at={[60, 120, 180, 240, 300]} />
      <text x="250" y="262" className="note" textAnchor="middle">
        a copy
      </text>
      <path className="gone" d="M390 212H480" />
      <path className="end" d="M380 201V223" />
    </svg>
  );
}

function Rotations({ y, at }: { readonly y: number; readonly at: readonly number[] }) {
  return at.map((x) => <circle key={x} className="rotation" cx={x} cy={y} r="3.5" />);
}
