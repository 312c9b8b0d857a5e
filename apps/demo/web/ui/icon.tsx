const PATHS = {
  computer: 'M5 5h14v10.5H5zM2.5 19h19',
  phone: 'M7 2.5h10v19H7zM11 18.5h2',
  program: 'M3 5h18v14H3zM7 10l3 2.5L7 15M12.5 15.5H17',
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
