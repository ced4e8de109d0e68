import { createContext, use, useEffect } from 'react';

/** Sets the words of the last breadcrumb; undefined gives it back to the route. */
export const CrumbContext = createContext<(label: string | undefined) => void>(() => undefined);

/** Lets a page name itself in the top bar once it knows its name: "web-1" instead of an id. */
export const useCrumb = (label: string | undefined): void => {
  const setCrumb = use(CrumbContext);
  useEffect(() => {
    setCrumb(label);
    return () => setCrumb(undefined);
  }, [label, setCrumb]);
};
