/* page.js -- what the report does beyond standing still: tables sort, legends hide curves,
   figures tell their values and zoom. All it needs is in the page; without it the page only
   stands still. */
'use strict';
(() => {
  /* ---- tables ---- */

  const MISSING = '–';

  function cellValue(row, column) {
    const cell = row.cells[column];
    const text = cell ? cell.dataset.value || cell.textContent.trim() : MISSING;
    if (!cell || !cell.classList.contains('number')) return text;
    if (text.startsWith('∞')) return Infinity;
    if (text.startsWith('-∞')) return -Infinity;
    const number = parseFloat(text);
    return Number.isNaN(number) ? MISSING : number;
  }

  /* Missing values come last in both directions. */
  function compare(a, b, sign) {
    if (a === b) return 0;
    if (a === MISSING || b === MISSING) return a === MISSING ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return a < b ? -sign : sign;
    return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  function sortBy(table, heading) {
    const column = heading.cellIndex;
    const down = heading.getAttribute('aria-sort') === 'ascending';
    for (const other of heading.parentNode.cells) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, row => [cellValue(row, column), row]);
    rows.sort((a, b) => compare(a[0], b[0], down ? -1 : 1));
    body.append(...rows.map(pair => pair[1]));
  }

  function wrapInButton(element) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...element.childNodes);
    element.append(button);
    return button;
  }

  for (const table of document.querySelectorAll('table.sortable'))
    for (const heading of table.tHead.rows[0].cells)
      wrapInButton(heading).addEventListener('click', () => sortBy(table, heading));

  /* ---- a figure's data: the CSV behind its link ---- */

  function parseCsv(text) {
    const rows = [];
    let row = [], cell = '', quoted = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (quoted && c === '"' && text[i + 1] === '"') { cell += '"'; i++; }
      else if (c === '"') quoted = !quoted;
      else if (quoted || (c !== ',' && c !== '\n')) cell += c;
      else {
        row.push(cell);
        cell = '';
        if (c === '\n') { rows.push(row); row = []; }
      }
    }
    return rows;
  }

  function dataOf(figure) {
    const link = figure.querySelector('a.data');
    if (!link) return [];
    const href = link.getAttribute('href');
    return parseCsv(decodeURIComponent(href.slice(href.indexOf(',') + 1)));
  }

  /* Where x stands on the axis, 0 at its left end and 1 at its right. */
  function axisOf(figure) {
    const [low, high, zero, infinity] = figure.dataset.axis.split(' ').map(Number);
    const words = figure.querySelector('template.names');
    const names = words && Array.from(words.content.children, word => word.textContent);
    const log = figure.dataset.log === '1';
    return text => {
      let x = names ? names.indexOf(text) : Number(text);
      if (text === 'inf') x = infinity;
      if (log && x === 0) x = zero;
      return log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low);
    };
  }

  /* ---- figures ---- */

  function shown(number) {
    if (number === '') return '';
    const value = Number(number);
    if (!Number.isFinite(value)) return value > 0 ? '∞' : MISSING;
    return String(Number(value.toPrecision(4)));
  }

  function boxOf(svg) {
    const [left, right] = svg.dataset.box.split(' ').map(Number);
    const width = Number(svg.dataset.home.split(' ')[2]);
    return { left: left * width, width: (right - left) * width };
  }

  function visible(figure) {
    return Array.from(figure.querySelectorAll('.panel svg')).find(
      svg => svg.getBoundingClientRect().width > 0);
  }

  function figureReadout(figure) {
    const rows = dataOf(figure);
    const heading = rows.shift() || [];
    const place = axisOf(figure);
    const stops = [...new Set(rows.map(row => row[2]))]
      .map(x => ({ x, at: place(x) }))
      .filter(stop => Number.isFinite(stop.at))
      .sort((a, b) => a.at - b.at);
    const entries = Array.from(figure.querySelectorAll('.legend li[data-curve]'));
    const readout = figure.querySelector('.readout');
    const axis = (heading[2] || 'x').replace(/_/g, ' ');
    const hint = 'Point at the figure, or use the arrow keys, to read its values.';
    readout.textContent = hint;
    let current = -1;

    function mark(at) {
      for (const svg of figure.querySelectorAll('.panel svg')) {
        const box = boxOf(svg), x = box.left + at * box.width;
        let line = svg.querySelector('.cursor');
        if (!line) {
          line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
          line.setAttribute('class', 'cursor');
          svg.append(line);
        }
        const [, , , height] = svg.dataset.home.split(' ').map(Number);
        const [, , top, bottom] = svg.dataset.box.split(' ').map(Number);
        line.setAttribute('x1', x);
        line.setAttribute('x2', x);
        line.setAttribute('y1', top * height);
        line.setAttribute('y2', bottom * height);
      }
    }

    function show(index) {
      if (index === current || !stops[index]) return;
      current = index;
      const stop = stops[index];
      mark(stop.at);
      readout.textContent = axis + ' ' + (stop.x === 'inf' ? '∞' : stop.x);
      for (const entry of entries) {
        const row = rows.find(r => r[0] === entry.dataset.series &&
          r[1] === entry.dataset.curve && r[2] === stop.x);
        const interval = row && row[4] !== '' ? ` [${shown(row[4])}, ${shown(row[5])}]` : '';
        entry.querySelector('.value').textContent = row ? shown(row[3]) + interval : MISSING;
      }
    }

    return {
      at(fraction) {
        let best = 0;
        stops.forEach((stop, i) => {
          if (Math.abs(stop.at - fraction) < Math.abs(stops[best].at - fraction)) best = i;
        });
        show(best);
      },
      step(by) { show(Math.min(Math.max(current + by, 0), stops.length - 1)); },
      clear() {
        current = -1;
        readout.textContent = hint;
        for (const line of figure.querySelectorAll('.cursor')) line.remove();
        for (const entry of entries) entry.querySelector('.value').textContent = '';
      }
    };
  }

  /* An element of the picture is hidden when any of its entries is switched off. */
  function figureLegend(figure) {
    const entries = Array.from(figure.querySelectorAll('.legend li'));
    function update() {
      const hidden = new Set();
      for (const entry of entries)
        if (entry.firstChild.getAttribute('aria-pressed') === 'false')
          entry.dataset.elements.split(' ').forEach(element => hidden.add(element));
      for (const group of figure.querySelectorAll('.panel g[id*="_plot_"]'))
        group.style.display = hidden.has(group.id.replace(/.*_plot_/, '')) ? 'none' : '';
    }
    if (entries.length < 2) return;
    for (const entry of entries) {
      const button = wrapInButton(entry);
      button.setAttribute('aria-pressed', 'true');
      button.title = 'Hide or show';
      button.addEventListener('click', () => {
        const on = button.getAttribute('aria-pressed') === 'true';
        button.setAttribute('aria-pressed', String(!on));
        update();
      });
    }
  }

  function userPoint(svg, event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(
      svg.getScreenCTM().inverse());
  }

  /* Zooms by a factor about a point of the picture; never farther out than the whole. */
  function zoom(svg, factor, x, y) {
    const home = svg.dataset.home.split(' ').map(Number);
    const [left, top, width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
    const w = Math.min(width / factor, home[2]), h = Math.min(height / factor, home[3]);
    const inside = (value, size, all) => Math.min(Math.max(value, 0), all - size);
    const l = inside(x - (x - left) * w / width, w, home[2]);
    const t = inside(y - (y - top) * h / height, h, home[3]);
    svg.setAttribute('viewBox', [l, t, w, h].join(' '));
    svg.classList.toggle('zoomed', w < home[2]);
  }

  function pan(svg, x, y) {
    const home = svg.dataset.home.split(' ').map(Number);
    const [left, top, width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
    const l = Math.min(Math.max(left - x, 0), home[2] - width);
    const t = Math.min(Math.max(top - y, 0), home[3] - height);
    svg.setAttribute('viewBox', [l, t, width, height].join(' '));
  }

  function reset(svg) {
    svg.setAttribute('viewBox', svg.dataset.home);
    svg.classList.remove('zoomed');
  }

  /* Figures under each other are read at one place. */
  const stack = [];

  function together(figure, readout) {
    if (!figure.classList.contains('stack')) return readout;
    stack.push(readout);
    return {
      at(fraction) { for (const one of stack) one.at(fraction); },
      step(by) { for (const one of stack) one.step(by); },
      clear() { for (const one of stack) one.clear(); }
    };
  }

  function figurePointer(figure, panel, readout) {
    let grip = null;
    panel.addEventListener('pointermove', event => {
      const svg = visible(figure);
      if (!svg) return;
      const point = userPoint(svg, event), box = boxOf(svg);
      if (grip) pan(svg, point.x - grip.x, point.y - grip.y);
      else readout.at((point.x - box.left) / box.width);
    });
    panel.addEventListener('pointerdown', event => {
      const svg = visible(figure);
      if (!svg || !svg.classList.contains('zoomed')) return;
      grip = userPoint(svg, event);
      panel.setPointerCapture(event.pointerId);
    });
    for (const end of ['pointerup', 'pointercancel'])
      panel.addEventListener(end, () => { grip = null; });
    panel.addEventListener('pointerleave', event => {
      if (event.pointerType === 'mouse') readout.clear();
    });
    panel.addEventListener('dblclick', () => {
      const svg = visible(figure);
      if (svg) reset(svg);
    });
    panel.addEventListener('wheel', event => {
      const svg = visible(figure);
      if (!svg || !(event.ctrlKey || event.metaKey)) return; /* the page scrolls */
      event.preventDefault();
      const point = userPoint(svg, event);
      zoom(svg, event.deltaY < 0 ? 1.25 : 0.8, point.x, point.y);
    }, { passive: false });
  }

  function figureKeys(figure, panel, readout) {
    const middle = svg => {
      const [left, top, width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
      return [left + width / 2, top + height / 2];
    };
    const keys = {
      ArrowLeft: () => readout.step(-1),
      ArrowRight: () => readout.step(1),
      Home: () => readout.step(-1e9),
      End: () => readout.step(1e9),
      Escape: svg => { readout.clear(); reset(svg); },
      0: reset,
      '+': svg => zoom(svg, 1.25, ...middle(svg)),
      '-': svg => zoom(svg, 0.8, ...middle(svg))
    };
    panel.tabIndex = 0;
    panel.setAttribute('role', 'group');
    panel.setAttribute('aria-label', 'Figure: arrow keys read its values, + and - zoom, ' +
      '0 shows all of it');
    panel.addEventListener('keydown', event => {
      const act = keys[event.key], svg = visible(figure);
      if (!act || !svg || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act(svg);
    });
  }

  for (const figure of document.querySelectorAll('figure[data-axis]')) {
    const panel = figure.querySelector('.panel');
    for (const svg of panel.querySelectorAll('svg'))
      svg.dataset.home = svg.getAttribute('viewBox');
    const readout = together(figure, figureReadout(figure));
    figureLegend(figure);
    figurePointer(figure, panel, readout);
    figureKeys(figure, panel, readout);
  }

  /* ---- prices ---- */

  /* The row whose weighted sum of prices is least. A price counts by its place between the
     least and the most that any row pays, on a logarithm where it has one; where it was
     measured on two halves of the test examples, one chooses and the other is told. */
  function pricesOf(section) {
    const table = section.querySelector('table');
    const sliders = Array.from(section.querySelectorAll('input[type=range]'));
    const series = section.querySelector('select');
    const told = section.querySelector('.choice');
    const axis = section.dataset.axis;

    function place(rows, column, log) {
      const raw = rows.map(row => Number(row.cells[column].dataset.choose));
      const values = log ? raw.map(v => Math.log(v)) : raw;
      const known = values.filter(Number.isFinite);
      const low = Math.min(...known), high = Math.max(...known);
      return values.map(v => !Number.isFinite(v) ? NaN : high > low ? (v - low) / (high - low) : 0);
    }

    function words(row, other) {
      return sliders.map(slider => {
        const column = Number(slider.dataset.column);
        const own = Number(row.cells[column].dataset.judge);
        const text = `${slider.dataset.label} ${shown(String(own))}`;
        if (!other) return text;
        const change = own - Number(other.cells[column].dataset.judge);
        return `${slider.dataset.label} ${change < 0 ? '−' : '+'}${shown(String(Math.abs(change)))}`;
      }).join(', ');
    }

    function update() {
      const wanted = series ? series.value : '';
      const rows = Array.from(table.tBodies[0].rows);
      const mine = rows.filter(row => row.dataset.series === wanted);
      for (const row of rows) {
        row.classList.remove('chosen');
        row.hidden = row.dataset.series !== wanted;
      }
      const score = mine.map(() => 0);
      for (const slider of sliders) {
        slider.nextElementSibling.textContent = Number(slider.value).toFixed(1);
        const weight = Number(slider.value);
        if (!(weight > 0)) continue;
        const places = place(mine, Number(slider.dataset.column), slider.dataset.log === '1');
        places.forEach((p, i) => { score[i] += weight * p; });
      }
      let best = -1;
      score.forEach((s, i) => {
        if (Number.isFinite(s) && (best < 0 || s < score[best])) best = i;
      });
      if (best < 0) {
        told.textContent = 'Nothing was measured to choose by.';
        return;
      }
      const chosen = mine[best], widest = mine[mine.length - 1];
      chosen.classList.add('chosen');
      told.textContent = `${axis} ${chosen.cells[0].textContent}: ${words(chosen)}` +
        (chosen === widest ? ', the widest measured.'
          : `. Against the widest (${widest.cells[0].textContent}): ${words(chosen, widest)}.`);
      section.dataset.chosen = chosen.cells[0].textContent;
    }

    for (const slider of sliders) slider.addEventListener('input', update);
    if (series) series.addEventListener('change', update);
    section.classList.add('live');
    update();
  }

  for (const section of document.querySelectorAll('.prices')) pricesOf(section);

  /* ---- commands ---- */

  if (navigator.clipboard)
    for (const run of document.querySelectorAll('.run')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'copy';
      button.textContent = 'Copy';
      button.addEventListener('click', () => {
        navigator.clipboard.writeText(run.querySelector('code').textContent).then(
          () => { button.textContent = 'Copied'; }, () => { button.remove(); });
      });
      run.prepend(button);
    }

  /* ---- paper ---- */

  window.addEventListener('beforeprint', () => {
    for (const svg of document.querySelectorAll('.panel svg')) reset(svg);
  });
})();
