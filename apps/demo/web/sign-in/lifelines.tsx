const ROTATIONS = [56, 116, 176, 236, 296, 356, 416];

/** Three sessions in time: one that goes on, one that is ended from it, and a stolen copy that gives itself away. */
export function Lifelines() {
  return (
    <svg
      className="lifelines"
      viewBox="0 0 480 264"
      role="img"
      aria-label="Three sessions as lines in time. The laptop's goes on, with a new token at every refresh. The phone's is ended from the laptop and stops there. A stolen copy uses a spent token once and is ended at once."
    >
      <text x="8" y="20">
        Laptop
      </text>
      <text x="472" y="20" className="note" textAnchor="end">
        a new token at every refresh
      </text>
      <path className="line" d="M8 44H460" />
      {ROTATIONS.map((x) => (
        <circle key={x} className="rotation" cx={x} cy="44" r="3.5" />
      ))}
      <circle className="now" cx="464" cy="44" r="7" />

      <path className="order" d="M296 50V112" />
      <text x="8" y="104">
        Phone
      </text>
      <path className="line" d="M8 128H296" />
      <path className="gone" d="M304 128H472" />
      <path className="end" d="M296 117V139" />
      <text x="472" y="104" className="note" textAnchor="end">
        ended from the laptop
      </text>
      {[86, 156, 226].map((x) => (
        <circle key={x} className="rotation" cx={x} cy="128" r="3.5" />
      ))}

      <path className="theft" d="M116 50C116 160 128 212 180 212H376" />
      <path className="gone" d="M384 212H472" />
      <path className="end" d="M376 201V223" />
      <text x="472" y="188" className="note" textAnchor="end">
        a spent token comes back
      </text>
      <text x="8" y="216">
        Stolen copy
      </text>
      <text x="472" y="246" className="note" textAnchor="end">
        theft: the whole family ends
      </text>
    </svg>
  );
}
