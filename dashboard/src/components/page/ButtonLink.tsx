import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';
import type { ButtonLook } from '../../ui/Button.tsx';
import { ButtonContent, buttonLook } from '../../ui/Button.tsx';
import type { Icon } from '../../ui/types.ts';

interface ButtonAnchorProps extends ButtonLook, AnchorHTMLAttributes<HTMLAnchorElement> {
  icon?: Icon | undefined;
  ref?: Ref<HTMLAnchorElement>;
}

const ButtonAnchor = ({ variant, size, icon, children, ...rest }: ButtonAnchorProps) => (
  <a {...rest} {...buttonLook({ variant, size })}>
    <ButtonContent icon={icon}>{children}</ButtonContent>
  </a>
);

/** A link in the shape of a button: takes `to`, `params` and `search` like the router's own. */
export const ButtonLink = createLink(ButtonAnchor);
