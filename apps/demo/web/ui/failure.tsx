/** Always in the page, so that screen readers announce a text that appears. */
export function Failure({ text }: { readonly text: string | undefined }) {
  return (
    <div role="alert" className={text ? 'failure' : undefined}>
      {text}
    </div>
  );
}
