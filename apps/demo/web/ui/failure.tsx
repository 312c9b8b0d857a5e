/** Always in the page, so that a text that appears is read out. */
export function Failure({ text }: { readonly text: string | undefined }) {
  return (
    <div role="alert" className={text ? 'failure' : undefined}>
      {text}
    </div>
  );
}
