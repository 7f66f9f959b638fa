// Looks at a page as it is drawn, and writes what is wrong with it into its body.
const wrong = [];
addEventListener('error', event => wrong.push('error: ' + event.message));
addEventListener('securitypolicyviolation', event => wrong.push('asked for ' + event.blockedURI));
addEventListener('load', () => {
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) wrong.push(`page: ${page.scrollWidth} of ${page.clientWidth} wide`);
  for (const box of document.querySelectorAll('.tile, section'))
    if (box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== 'auto') wrong.push('beyond its box: ' + box.textContent);
  let marks = 0;
  for (const svg of document.querySelectorAll('svg')) {
    const all = svg.getBoundingClientRect();
    if (svg.getAttribute('role') === 'img' && !svg.querySelector('rect')) wrong.push('empty: ' + svg.ariaLabel);
    for (const mark of svg.querySelectorAll('rect, text')) {
      const at = mark.getBoundingClientRect();
      const colour = getComputedStyle(mark).fill;
      marks++;
      if (at.width < 0.3 || at.height < 0.3 || colour === 'none') wrong.push('not seen: ' + mark.textContent);
      if (at.left < all.left - 1 || at.right > all.right + 1 || at.top < all.top - 1 || at.bottom > all.bottom + 1)
        wrong.push('outside of its chart: ' + mark.textContent);
    }
    const labels = [...svg.querySelectorAll('text')].map(text => text.getBoundingClientRect());
    labels.forEach((one, i) => labels.slice(i + 1).forEach(other => {
      if (one.left < other.right && other.left < one.right && one.top < other.bottom - 2 && other.top < one.bottom - 2)
        wrong.push('labels on each other: ' + svg.ariaLabel);
    }));
  }
  performance.getEntriesByType('resource').forEach(asked => wrong.push('asked for ' + asked.name));
  document.body.dataset.marks = marks;
  document.body.dataset.wrong = wrong.join('; ');
});
