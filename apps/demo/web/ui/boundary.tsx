import { Component, type ReactNode } from 'react';
import { Lone } from '../shell/lone.js';

/** Shows an error message instead of a white page. */
export class Boundary extends Component<
  { readonly children: ReactNode },
  { readonly failed: boolean }
> {
  override readonly state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Lone title="This page made a mistake">
        You are not signed out, and nothing was lost. The browser’s console says more.
      </Lone>
    );
  }
}
