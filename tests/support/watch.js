// What the tests need inside the page: the notebook by number, stopwatches, canaries.
// Loaded before anything else in every frame; keeps its own copies of what a
// clobbered document could take away.
(() => {
  const all = document.querySelectorAll.bind(document);
  // A form's field named "attributes" stands in front of form.attributes.
  const getter = Object.getOwnPropertyDescriptor(Element.prototype, 'attributes').get;
  const attributesOf = node => [...getter.call(node)];
  const now = () => performance.timeOrigin + performance.now();
  const afterPaint = call => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = call;
    channel.port2.postMessage(0);
  });

  self.__pwned = [];

  const lab = self.__lab = {done: {}, painted: {}, latencies: [], freezes: [], typing: null};

  // -- the notebook ---------------------------------------------------------
  const widgets = () => [...(self.jupyterapp?.shell?.widgets('main') ?? [])];
  lab.panel = path => widgets().find(each => each.context?.path === path);
  lab.kernel = path => lab.panel(path)?.sessionContext?.session?.kernel ?? null;
  lab.isShown = path => {
    const panel = lab.panel(path);
    return Boolean(panel?.context.isReady && panel.sessionContext.isReady && panel.content.widgets.length);
  };
  lab.isIdle = path => lab.isShown(path) && lab.kernel(path)?.status === 'idle';
  lab.cell = (path, n) => lab.panel(path).content.widgets[n];
  lab.outputs = (path, n) => lab.cell(path, n).outputArea.node;
  lab.outputNodes = (path, n) => [...lab.outputs(path, n).querySelectorAll(
    ':scope > .jp-OutputArea-child > .jp-OutputArea-output')];

  lab.select = (path, n) => {
    const panel = lab.panel(path);
    self.jupyterapp.shell.activateById(panel.id);
    panel.content.deselectAll();
    panel.content.activeCellIndex = n;
  };
  lab.run = (path, n) => {
    lab.select(path, n);
    lab.done[n] = false;
    self.jupyterapp.commands.execute('notebook:run-cell').finally(() => { lab.done[n] = true; });
  };
  lab.runAll = path => {
    lab.select(path, 0);
    lab.done.all = false;
    self.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { lab.done.all = true; });
  };

  // -- when a text is first painted ------------------------------------------
  lab.watchFor = (path, n, text) => {
    lab.painted[text] = null;
    const node = lab.outputs(path, n);
    const look = () => {
      if (!node.textContent.includes(text)) return;
      observer.disconnect();
      afterPaint(() => { lab.painted[text] = now() / 1000; });
    };
    const observer = new MutationObserver(look);
    observer.observe(node, {childList: true, subtree: true, characterData: true});
    look();
  };

  // -- how long a key waits for its paint -------------------------------------
  addEventListener('keydown', event => {
    if (lab.typing === null) return;
    const pressed = event.timeStamp;
    afterPaint(() => lab.latencies.push(performance.now() - pressed));
  }, true);

  // -- how long the page stands still ------------------------------------------
  lab.watchFreezes = () => {
    lab.freezes.length = 0;
    lab.observer ??= new PerformanceObserver(list => {
      lab.freezes.push(...list.getEntries().map(each => each.duration));
    });
    lab.observer.disconnect();
    lab.observer.observe({entryTypes: ['longtask']});
  };
  lab.longestFreeze = () => {
    lab.freezes.push(...(lab.observer?.takeRecords() ?? []).map(each => each.duration));
    return Math.max(0, ...lab.freezes);
  };

  // -- two frames without a change: the page has settled ------------------------
  lab.settle = quietMs => new Promise(resolve => {
    let timer = setTimeout(finish, quietMs);
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs);
    });
    function finish() { observer.disconnect(); afterPaint(resolve); }
    observer.observe(document, {childList: true, subtree: true, attributes: true});
  });

  // -- canaries: what a hostile text managed to do --------------------------------
  const OUTPUT = '.jp-OutputArea-output';
  lab.addCommand = () => self.jupyterapp.commands.addCommand('canary:run', {
    execute: args => { self.__pwned.push(args.name); },
  });
  // Clicks and hovers over everything, as a careless reader would; a plain link
  // to a web page is the reader's own choice and stays unclicked.
  lab.touch = (outputs = all(OUTPUT)) => {
    const isPlainLink = node => node.localName === 'a' && /^(https?|mailto):/.test(node.href?.baseVal ?? node.href);
    for (const output of outputs) {
      for (const node of output.querySelectorAll('*')) {
        // A bare element has nothing to set off, and 6,000 nested ones take a minute.
        if (attributesOf(node).length === 0 || isPlainLink(node)) continue;
        for (const kind of ['pointerover', 'pointerenter', 'mouseover', 'mousemove', 'mousedown', 'focus', 'click']) {
          node.dispatchEvent(new MouseEvent(kind, {bubbles: kind !== 'focus', cancelable: true, view: self}));
        }
      }
    }
  };
  // Per output: every feature that only a hostile text has a use for.
  const LIVE = new Set(['script', 'iframe', 'frame', 'object', 'embed', 'form', 'style', 'link', 'meta', 'base',
    'template', 'noscript', 'portal', 'applet', 'foreignobject', 'use', 'image', 'animate', 'set', 'dialog',
    'audio', 'video', 'source', 'textarea', 'select', 'input', 'button']);
  const oddities = node => {
    const found = [];
    if (LIVE.has(node.localName.toLowerCase())) found.push(`<${node.localName}>`);
    for (const {name, value} of attributesOf(node)) {
      const bare = value.replace(/[\u0000-\u0020]/g, '');
      if (/^on/i.test(name)) found.push(name);
      else if (/^data-commandlinker/i.test(name)) found.push(name);
      else if (/^(javascript|vbscript):/i.test(bare)) found.push(`${name}=script`);
      else if (/^(src|srcset|poster|background|action|formaction)$/i.test(name) && !/^(data:image\/|#)/i.test(bare)) found.push(name);
      else if (name === 'style' && /url\(|fixed|sticky|expression|@import/i.test(value)) found.push('style');
      else if (name === 'name') found.push('name');
    }
    return found;
  };
  lab.examine = html => {
    const template = document.createElement('template');
    template.innerHTML = html;
    return [...template.content.querySelectorAll('*')].flatMap(oddities);
  };
  lab.inspect = () => [...all(`${OUTPUT} *`)].flatMap(oddities);
  // Put HTML on the page as JupyterLab shows a trusted output, batch by batch.
  lab.attach = async (path, htmls) => {
    const {rendermime} = lab.panel(path).content;
    const host = lab.outputs(path, 0);
    const nodes = await Promise.all(htmls.map(async html => {
      const renderer = rendermime.createRenderer('text/html');
      renderer.addClass('jp-OutputArea-output');
      host.appendChild(renderer.node);
      await renderer.renderModel({data: {'text/html': html}, metadata: {}, trusted: true, setData() {}});
      return renderer.node;
    }));
    await lab.settle(30);
    lab.touch(nodes);
    nodes.forEach(node => node.remove());
  };
  const isOurs = value => value instanceof Element ? value.closest(OUTPUT) !== null
    : value instanceof HTMLCollection && [...value].some(isOurs);
  const evaluate = expression => { try { return Function(`return ${expression}`)(); } catch { return null; } };
  lab.canaries = cases => {
    const body = getComputedStyle(document.documentElement.lastElementChild);
    const html = getComputedStyle(document.documentElement);
    // Each selection once, not once a case: 284 passes over 20,000 nodes take 16 s.
    const commands = [...all(`${OUTPUT} [data-commandlinker-command]`)].map(node => node.outerHTML);
    const addresses = [...all(`${OUTPUT} :is(a, area, form, button, maction, mtext, mrow)`)].flatMap(attributesOf)
      .filter(({name, value}) => /href|action/.test(name)
        && /^(javascript|vbscript|data):/i.test(value.replace(/[\u0000-\u0020]/g, '')))
      .map(({value}) => value);
    const floating = [...all(`${OUTPUT} [class], ${OUTPUT} [style]`)].filter(
      node => /fixed|sticky/.test(getComputedStyle(node).position));
    const leaked = [...all('.probe')].filter(node => !node.textContent.includes('pwn'));
    const is = {
      armed: each => addresses.some(value => value.includes(each.name)),
      clobbered: each => each.clobbers !== '' && isOurs(evaluate(each.clobbers)),
      commanded: each => commands.some(markup => markup.includes(each.name)),
      covered: each => floating.some(node => node.closest(`.${each.name}`)),
      leaked: each => leaked.some(node => node.dataset.case === each.name),
      styled: each => [body, html].some(style => style.getPropertyValue(`--${each.name}`) !== ''),
    };
    return cases.flatMap(each => Object.keys(is).filter(kind => is[kind](each)).map(kind => [each.name, kind]));
  };
})();
