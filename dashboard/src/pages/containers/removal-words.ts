import type { RemovalPlan } from '@serverbox/contract/containers';
import type { Consequence } from '../../ui/ConfirmDialog.tsx';

/** What goes with a container, as sentences: first what is lost, last what stays. */
export const removalWords = (plan: RemovalPlan, takesVolumes: boolean): Consequence[] => {
  const words: Consequence[] = [];
  if (plan.isRunning) words.push({ text: `${plan.name} is running and will be stopped first.`, tone: 'danger' });
  if (plan.publishedPorts.length > 0) {
    words.push({ text: `Nothing answers any more on ${plan.publishedPorts.join(', ')}.`, tone: 'warning' });
  }
  for (const volume of plan.anonymousVolumes) {
    words.push(
      takesVolumes
        ? { text: `The unnamed volume ${volume} and all that is in it will be deleted.`, tone: 'danger' }
        : { text: `The unnamed volume ${volume} stays, without a container that uses it.`, tone: 'neutral' },
    );
  }
  for (const volume of plan.keptVolumes) words.push({ text: `The volume ${volume} stays.`, tone: 'neutral' });
  if (words.length === 0)
    words.push({ text: 'Nothing else goes with it. What it wrote outside of volumes is lost.', tone: 'neutral' });
  return words;
};
