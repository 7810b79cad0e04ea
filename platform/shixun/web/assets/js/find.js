/** The elements of `root` (itself included) that match and were not taken yet by the module `name`. */
export function take(root, selector, name) {
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  return found.filter((element) => {
    const taken = (element.shixunTaken ??= new Set());
    if (taken.has(name)) return false;
    taken.add(name);
    return true;
  });
}
