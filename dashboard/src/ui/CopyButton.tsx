import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './IconButton.tsx';

const SHOWN_MS = 1600;

/** Outside secure contexts there is no clipboard API; a selected text field and the old command still work there. */
const copyText = async (text: string): Promise<void> => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('readonly', '');
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (!isCopied) throw new Error('The browser refused to copy.');
};

/** Says in its own label whether the copy worked: a toast for that would be too loud. */
export const CopyButton = ({ text, label }: { text: string; label: string }) => {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () =>
    copyText(text).then(
      () => setOutcome('copied'),
      () => setOutcome('refused'),
    );
  const words = { copied: 'Copied', refused: 'The browser refused to copy' };
  return (
    <IconButton
      label={outcome === undefined ? label : words[outcome]}
      icon={outcome === 'copied' ? Check : Copy}
      size="sm"
      onClick={() => void copy()}
    />
  );
};
