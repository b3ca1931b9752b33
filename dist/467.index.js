export const id = 467;
export const ids = [467];
export const modules = {

/***/ 4467:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  commandLine: () => (/* binding */ commandLine),
  failOnTerminal: () => (/* binding */ failOnTerminal)
});

// UNUSED EXPORTS: toolCache

// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
;// CONCATENATED MODULE: ./package.json
const package_namespaceObject = {"rE":"0.1.0"};
// EXTERNAL MODULE: ./src/carry-out.ts + 275 modules
var carry_out = __webpack_require__(9962);
// EXTERNAL MODULE: ./src/carry-together.ts
var carry_together = __webpack_require__(1351);
// EXTERNAL MODULE: ./src/errors.ts
var errors = __webpack_require__(3916);
// EXTERNAL MODULE: ./src/inputs/inputs.ts + 6 modules
var inputs_inputs = __webpack_require__(5578);
// EXTERNAL MODULE: ./src/inputs/report-inputs.ts
var report_inputs = __webpack_require__(9017);
// EXTERNAL MODULE: ./src/inputs/refused-inputs.ts
var refused_inputs = __webpack_require__(9027);
// EXTERNAL MODULE: ./src/report/index.ts + 26 modules
var src_report = __webpack_require__(9986);
// EXTERNAL MODULE: ./src/report/log-lines.ts
var log_lines = __webpack_require__(8326);
// EXTERNAL MODULE: ./src/report/progress.ts
var progress = __webpack_require__(8991);
// EXTERNAL MODULE: ./src/signals.ts
var signals = __webpack_require__(970);
// EXTERNAL MODULE: ./src/server/index.ts + 67 modules
var server = __webpack_require__(8772);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(8815);
;// CONCATENATED MODULE: ./src/command-line/options.ts
/** The options of the command line: the inputs of action.yml under the same names, and a few of its own. */


/** Secrets never stand in arguments, which everybody on the machine can read. */
const passwordInputs = ['source-password', 'target-password'];
const lists = [
    'databases',
    'exclude-databases',
    'pg-dump-args',
    'pg-restore-args',
    'reports',
];
/** What the command line has and the action has not; each is a flag. */
const ownFlags = {
    help: 'Print this and stop.',
    version: 'Print the version and stop.',
    json: 'Print the outputs of the action as JSON in place of the summary.',
    verbose: 'Print what is of use when something is amiss.',
};
/** Reads the options from the action.yml of this package. */
function readOptions() {
    // Written out, so that the bundler finds the file and puts it beside the bundle.
    const text = (0,external_node_fs_.readFileSync)(__webpack_require__.ab + "action.yml", 'utf8');
    const { inputs } = (0,dist/* parse */.qg)(text);
    return Object.entries(inputs)
        .filter(([name]) => !passwordInputs.some((password) => password === name))
        .map(([name, input]) => {
        const fallback = String(input.default ?? '');
        return {
            name,
            description: input.description.trim().replace(/\s+/g, ' '),
            default: fallback,
            isFlag: fallback === 'true' || fallback === 'false',
            isList: lists.includes(name),
        };
    });
}

;// CONCATENATED MODULE: ./src/command-line/arguments.ts
/** Reads the arguments of the command line. No message repeats a value: it may be a password that went astray. */


const isOwnFlag = (name) => Object.hasOwn(ownFlags, name);
/** Takes `--name value` and `--name=value`; collects every problem. */
function readArguments(given, options) {
    const values = new Map();
    const flags = new Set();
    const problems = [];
    const isOption = (argument) => argument?.startsWith('--') === true && findOption(options, nameOf(argument)) !== undefined;
    for (let index = 0; index < given.length; index += 1) {
        const argument = given[index] ?? '';
        if (!argument.startsWith('--')) {
            problems.push(refuseLoose(argument, index));
            continue;
        }
        const name = nameOf(argument);
        const inline = argument.includes('=') ? argument.slice(argument.indexOf('=') + 1) : undefined;
        const next = given[index + 1];
        const option = findOption(options, name);
        if (passwordInputs.some((password) => password === name)) {
            problems.push(refusePassword(name));
            if (inline === undefined && !isOption(next))
                index += 1;
        }
        else if (isOwnFlag(name)) {
            flags.add(name);
            if (inline !== undefined)
                problems.push(`--${name} takes no value.`);
        }
        else if (option === undefined) {
            problems.push(`There is no option ${name === '' ? '--' : `--${name}`}.`);
            // Its value, if it is one, belongs to it and to no other message.
            if (inline === undefined && next?.startsWith('-') === false)
                index += 1;
        }
        else if (inline !== undefined) {
            add(option, inline);
        }
        else if (option.isFlag && next !== 'true' && next !== 'false') {
            add(option, 'true');
        }
        else if (next === undefined || isOption(next)) {
            problems.push(`--${name} needs a value.`);
        }
        else {
            add(option, next);
            index += 1;
        }
    }
    return { values, flags, problems };
    function add(option, value) {
        const before = values.get(option.name);
        if (before !== undefined && !option.isList)
            problems.push(`--${option.name} is given twice.`);
        values.set(option.name, before === undefined ? value : `${before}\n${value}`);
        if (option.name.endsWith('-url') && holdsPassword(value)) {
            problems.push(refusePasswordInUrl(option.name));
        }
    }
}
function nameOf(argument) {
    const [name = ''] = argument.slice(2).split('=');
    return name;
}
function findOption(options, name) {
    return options.find((option) => option.name === name);
}
function refuseLoose(argument, index) {
    if (argument === '-h')
        return 'There is no option -h; the help is --help.';
    return `Argument ${index + 1} belongs to no option: write --name value or --name=value, with quotes around a value that has spaces.`;
}
const visibleToAll = 'Arguments can be read by everybody on this machine, so the one that was given should be changed.';
function refusePassword(name) {
    return `--${name} is not taken: set the environment variable ${variableOf(name)}, or leave it out and be asked on a terminal. ${visibleToAll}`;
}
function refusePasswordInUrl(name) {
    const variable = variableOf(name.replace(/-url$/, '-password'));
    return `--${name} holds a password: leave it out of the URL and set the environment variable ${variable}, or be asked on a terminal. ${visibleToAll}`;
}
/** `SOURCE_PASSWORD` for `source-password`. */
function variableOf(name) {
    return name.toUpperCase().replaceAll('-', '_');
}
/** A URL that cannot be read at all is refused later, by a message that does not repeat it. */
function holdsPassword(url) {
    try {
        const { password, other } = (0,server/* parseConnectionString */.HH)(url);
        return password !== undefined || other['sslpassword'] !== undefined;
    }
    catch {
        return false;
    }
}

;// CONCATENATED MODULE: ./src/command-line/exit-codes.ts
/** Every code with its meaning, for the help and the documentation. */
const exitCodes = [
    { code: 0, meaning: 'passed' },
    { code: 1, meaning: 'failed, or source and target differ' },
    { code: 2, meaning: 'the arguments cannot be used; nothing was connected to' },
    { code: 129, meaning: 'cancelled by SIGHUP (the terminal was closed), and cleared up' },
    { code: 130, meaning: 'cancelled by SIGINT (Ctrl-C), and cleared up' },
    { code: 131, meaning: 'cancelled by SIGQUIT (Ctrl-\\), and cleared up' },
    { code: 143, meaning: 'cancelled by SIGTERM, and cleared up' },
];
const bySignal = {
    SIGHUP: 129,
    SIGINT: 130,
    SIGQUIT: 131,
    SIGTERM: 143,
};
/** The exit code of a run; a shell's convention for the one that a signal has cancelled. */
function exitCodeOf(report, cancelledBy) {
    if (report.result === 'passed')
        return 0;
    return (cancelledBy === undefined ? undefined : bySignal[cancelledBy]) ?? 1;
}

;// CONCATENATED MODULE: ./src/command-line/help.ts
/** The text of --help, made of what action.yml says. */



const width = 100;
const indent = ' '.repeat(6);
/** Where the command line differs from what action.yml says of the runner. */
const differences = {
    'dump-directory': 'On the command line the temporary folder of the system when empty.',
    'report-directory': 'On the command line ./upgrade-postgres-report when empty.',
    history: 'On the command line no history is kept when empty.',
};
/** The help, wrapped for a terminal. */
function renderHelp(options) {
    return [
        'Usage: upgrade-postgres --source-url URL --target-url URL [--mode MODE] [--OPTION VALUE …]',
        '',
        ...wrap('Moves every database of a PostgreSQL server to a higher major version by dump and restore, and proves that everything arrived.', ''),
        '',
        'Passwords:',
        ...wrap(`from the environment variables ${passwordInputs.map(variableOf).join(' and ')}; where one is not set and this is a terminal, it is asked for. Never from arguments.`, '  '),
        '',
        'Options:',
        ...options.flatMap(describeOption),
        ...Object.entries(ownFlags).flatMap(([name, meaning]) => [`  --${name}`, ...wrap(meaning)]),
        '',
        'A list may be given item by item, by repeating its option; true is the value of a flag without one.',
        '',
        'Exit codes:',
        ...exitCodes.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
        '',
    ].join('\n');
}
function describeOption(option) {
    const { name, description, isFlag } = option;
    const value = isFlag ? '[=true|false]' : ` ${placeholder(name)}`;
    const extra = [
        ...(option.default === '' ? [] : [`Default: ${option.default}.`]),
        ...(differences[name] === undefined ? [] : [differences[name]]),
    ];
    return [`  --${name}${value}`, ...wrap([description, ...extra].join(' '))];
}
function placeholder(name) {
    return (name.split('-').at(-1) ?? name).toUpperCase();
}
function wrap(text, before = indent) {
    const lines = [];
    let line = '';
    for (const word of text.split(/\s+/)) {
        if (line !== '' && before.length + line.length + 1 + word.length > width) {
            lines.push(before + line);
            line = '';
        }
        line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, before + line];
}

// EXTERNAL MODULE: ./node_modules/string-width/index.js + 6 modules
var string_width = __webpack_require__(4292);
;// CONCATENATED MODULE: ./src/command-line/bars.ts
/** The bars of a terminal as text: one line for each running piece of work, cut to the width of the terminal. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** The text cut to so many columns, with `…` where something is missing. Wide characters take two. */
function cutToWidth(text, columns) {
    if ((0,string_width/* default */.A)(text) <= columns)
        return text;
    let kept = '';
    let width = 0;
    for (const { segment } of graphemes.segment(text)) {
        width += (0,string_width/* default */.A)(segment);
        if (width > columns - 1)
            break;
        kept += segment;
    }
    return columns < 1 ? '' : `${kept}…`;
}
/** How many lines of a terminal the text takes at that width. */
function linesAt(text, columns) {
    return Math.max(1, Math.ceil((0,string_width/* default */.A)(text) / Math.max(columns, 1)));
}
/** As many lines as fit, and a word on how many more there are. */
function fitLines(lines, columns, rows) {
    const room = Math.max(1, rows);
    const shown = lines.length <= room ? lines : lines.slice(0, room - 1);
    const more = lines.length - shown.length;
    // The last column stays empty: some terminals break a line that is exactly full.
    return [...shown, ...(more > 0 ? [`and ${more} more at work`] : [])].map((line) => cutToWidth(line, columns - 1));
}

;// CONCATENATED MODULE: ./src/command-line/display.ts


/** Faster would flicker, slower would stutter. */
const FRAME_MS = 200;
/** Shorter work would only flash. */
const SHORTEST_MS = 400;
const keptSamples = 300;
/** The log keeps at least so many lines of the terminal. */
const logRows = 8;
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';
/** Bars for a terminal; for everything else, and for a terminal that knows no cursor, nothing but the lines. */
function createDisplay(stream, environment, clock) {
    if (stream.isTTY !== true || environment['TERM'] === 'dumb') {
        return {
            write: (text) => {
                stream.write(text);
            },
            show: () => () => undefined,
            clear: () => undefined,
        };
    }
    const running = new Set();
    let drawn = [];
    let stop;
    /** One write for each frame, and every line is overwritten before what is behind it is erased: so nothing flickers. */
    const draw = (above = '') => {
        const columns = stream.columns ?? 80;
        const lines = fitLines(barsOf(running, clock.now()), columns, (stream.rows ?? 24) - logRows);
        if (drawn.length === 0 && lines.length === 0) {
            if (above !== '')
                stream.write(above);
            return;
        }
        // A terminal that has become narrower has broken what was drawn into more lines.
        const up = drawn.reduce((sum, line) => sum + linesAt(line, columns), 0);
        const back = up > 0 ? `\u001b[${up}A\r` : '';
        const log = above === '' ? '' : `${clearBelow}${above}`;
        const bars = lines.map((line) => `${line}${clearLine}\n`).join('');
        stream.write(`${lines.length > 0 ? hideCursor : ''}${back}${log}${bars}${clearBelow}${lines.length > 0 ? '' : showCursor}`);
        drawn = lines;
    };
    const clear = () => {
        stop?.();
        stop = undefined;
        running.clear();
        draw();
    };
    return {
        write: draw,
        show(work) {
            const entry = { work, startedMs: clock.now(), samples: [] };
            running.add(entry);
            stop ??= clock.every(FRAME_MS, () => {
                draw();
            });
            return () => {
                running.delete(entry);
                if (running.size === 0)
                    clear();
            };
        },
        clear,
    };
}
function barsOf(running, now) {
    return [...running]
        .filter(({ startedMs }) => now - startedMs >= SHORTEST_MS)
        .map(({ work, startedMs, samples }) => {
        const seconds = (now - startedMs) / 1000;
        samples.push({ seconds, done: work.done() });
        if (samples.length > keptSamples)
            samples.shift();
        return (0,progress/* progressBar */.hr)({ work, samples, seconds });
    });
}

;// CONCATENATED MODULE: ./src/command-line/json.ts
/** JSON for stdout, which a CI system may read along, and a terminal show. */
const escaped = (text) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
/** The value as JSON, in which a name is never a command (`##vso[`) nor holds a hidden character; it reads the same. */
function printableJson(value) {
    return JSON.stringify(value, null, 2)
        .replace(/##(?=[a-z]*\[)/gi, `#${escaped('#')}`)
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) => (found === '\n' ? found : escaped(found)));
}

;// CONCATENATED MODULE: ./src/command-line/log.ts

/** Writes whole lines. Servers have a say in them, so no control character gets through, and no command of a CI system. */
function createTerminalLog({ write, verbose, show }) {
    const say = (mark) => (message) => {
        write(`${(0,log_lines/* logLines */.O)(`${mark}${message}`).join('\n')}\n`);
    };
    return {
        info: say(''),
        notice: say('Note: '),
        warning: say('Warning: '),
        error: say('Error: '),
        debug: verbose ? say('Debug: ') : () => undefined,
        show: show ?? (() => () => undefined),
        group(title, work) {
            write('\n');
            say('')(title);
            return work();
        },
    };
}

// EXTERNAL MODULE: ./src/report/format.ts
var format = __webpack_require__(2011);
;// CONCATENATED MODULE: ./src/command-line/passwords.ts



/** Asks for the passwords that no variable gives. Without a terminal (`ask` undefined) there is nobody to ask. */
async function askForPasswords(inputs, environment, ask) {
    const complete = { ...inputs };
    if (ask === undefined)
        return complete;
    for (const side of ['source', 'target']) {
        // A variable that is set and empty says that there is no password.
        if (environment[variableOf(`${side}-password`)] !== undefined)
            continue;
        const { user } = inputs[side];
        const question = `Password of ${(0,format/* visible */.RK)(user)} on the ${side} ${(0,format/* visible */.RK)((0,server/* describeHost */.Ys)(inputs[side]))} (empty for none): `;
        const password = await ask(question);
        complete[side] = { ...inputs[side], password: password === '' ? undefined : password };
    }
    return complete;
}

;// CONCATENATED MODULE: ./src/command-line/prompt.ts
/** Asks one question on a terminal and does not show the answer. */

const [interrupt, endOfText, backspace, del, killLine] = ['\x03', '\x04', '\b', '\x7f', '\x15'];
/** Resolves to the line that is typed; Ctrl-C cancels. The terminal is left as it was. */
async function askWithoutEcho(question, input, write) {
    write(question);
    input.setEncoding('utf8');
    input.setRawMode(true);
    try {
        return await readLine(input);
    }
    finally {
        input.pause();
        input.setRawMode(false);
        write('\n');
    }
}
function readLine(input) {
    return new Promise((resolve, reject) => {
        const typed = [];
        const end = (rest) => {
            input.off('data', listen);
            if (rest !== '')
                input.unshift(rest);
        };
        const listen = (text) => {
            // An arrow or another key that is no character.
            if (text.startsWith('\x1b'))
                return;
            const characters = Array.from(text);
            for (const [index, character] of characters.entries()) {
                if (character === interrupt) {
                    end('');
                    reject(new errors/* CancelledError */.cc());
                    return;
                }
                if (character === '\r' || character === '\n' || character === endOfText) {
                    end(characters.slice(index + 1).join(''));
                    resolve(typed.join(''));
                    return;
                }
                if (character === backspace || character === del)
                    typed.pop();
                else if (character === killLine)
                    typed.length = 0;
                else if (character >= ' ')
                    typed.push(character);
            }
        };
        input.on('data', listen);
        input.resume();
    });
}

;// CONCATENATED MODULE: ./src/command-line/main.ts
/** The command line: arguments, passwords, the run, its summary, an exit code. */






















const print = (text) => {
    process.stdout.write(text);
};
const say = (text) => {
    process.stderr.write(text);
};
const defaultReportDirectory = 'upgrade-postgres-report';
/** Runs the command line. Sets the process's exit code. */
async function commandLine(given) {
    const options = readOptions();
    const read = readArguments(given, options);
    sayWhenOutputIsLost(['json', 'help', 'version'].some((flag) => read.flags.has(flag)));
    if (read.problems.length > 0) {
        leave(2, read.problems);
        await takeAwayEarlierReport(read.values, options);
    }
    else if (read.flags.has('help'))
        print(renderHelp(options));
    else if (read.flags.has('version'))
        print(`upgrade-postgres ${package_namespaceObject.rE}\n`);
    else {
        const code = await run(read, options);
        // What nobody caught has failed the process already, whatever the run says of itself.
        process.exitCode ??= code;
    }
}
function leave(code, problems) {
    say(`${problems.join('\n')}\nSee upgrade-postgres --help.\n`);
    process.exitCode = code;
}
async function run({ values, flags }, options) {
    let inputs;
    try {
        inputs = await completeInputs(values, options);
    }
    catch (error) {
        await takeAwayEarlierReport(values, options);
        if (error instanceof errors/* CancelledError */.cc)
            return 130;
        if (!(error instanceof errors/* InputError */.dz))
            throw error;
        leave(2, [error.message]);
        return 2;
    }
    const display = createDisplay(process.stderr, process.env, progress/* systemClock */.ml);
    // Whatever ends the process, the cursor comes back.
    process.once('exit', display.clear);
    const log = createTerminalLog({ ...display, verbose: flags.has('verbose') });
    let cancelledBy;
    const signal = (0,signals/* cancelOnSignals */.d)({
        signals: ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'],
        onCancel(name) {
            cancelledBy = name;
            log.warning(`${name}: the run is cancelled; clearing up.`);
        },
        onRepeat() {
            log.warning('Still clearing up, so that nothing is left behind on the servers.');
        },
    });
    let exitCode = 1;
    const surroundings = {
        log,
        signal,
        temporary: (0,external_node_os_.tmpdir)(),
        reportDirectory: defaultReportDirectory,
        toolCache: toolCache(),
        hasPostStep: false,
        secretsAreMasked: false,
        onStart: () => undefined,
        tell(report, files) {
            display.clear();
            tell(report, files, flags.has('json'));
            exitCode = exitCodeOf(report, cancelledBy);
            return Promise.resolve();
        },
        // Every finding is said when it is made.
        tellAgain: () => Promise.resolve(),
    };
    await ('reports' in inputs ? (0,carry_together/* carryTogether */.q)(inputs, surroundings) : (0,carry_out/* carryOut */.u0)(inputs, surroundings));
    return exitCode;
}
async function completeInputs(values, options) {
    const read = readerOf(values, options);
    const reportInputs = (0,report_inputs/* readReportInputs */.g)(read);
    if (reportInputs !== undefined)
        return reportInputs;
    const inputs = (0,inputs_inputs/* readInputs */.Ko)(read, (name) => values.has(name));
    const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
    const ask = (question) => askWithoutEcho(question, process.stdin, say);
    return askForPasswords(inputs, process.env, isTerminal ? ask : undefined);
}
function readerOf(values, options) {
    const passwords = new Map(passwordInputs.map((name) => [name, process.env[variableOf(name)]]));
    const defaults = new Map(options.map((option) => [option.name, option.default]));
    return (name) => passwords.get(name) ?? values.get(name) ?? defaults.get(name) ?? '';
}
/** Whoever reads the folder after a run that could not begin finds no report of another. Who gave no value meant no run. */
async function takeAwayEarlierReport(values, options) {
    const refused = values.size === 0 ? undefined : (0,refused_inputs/* readRefusedInputs */.S)(readerOf(values, options));
    if (refused === undefined)
        return;
    const directory = refused.reportDirectory ?? defaultReportDirectory;
    try {
        await (0,src_report/* takeAwayReport */.Ii)(directory);
    }
    catch (error) {
        const why = (0,errors/* messageOf */.bD)(error);
        say(`${(0,log_lines/* logLines */.O)(`The report of an earlier run could not be taken out of ${directory}: ${why}`).join('\n')}\n`);
    }
}
/** Client tools that were fetched are kept for the next run. */
function toolCache() {
    // The XDG specification takes an empty variable for one that is not set.
    const given = process.env['XDG_CACHE_HOME'] ?? '';
    return (0,external_node_path_.join)(given === '' ? cacheFolder() : given, 'upgrade-postgres', 'tool-cache');
}
/** A container may run as a number that is nobody's account, without HOME. */
function cacheFolder() {
    try {
        return (0,external_node_path_.join)((0,external_node_os_.homedir)(), '.cache');
    }
    catch {
        return (0,external_node_os_.tmpdir)();
    }
}
function tell(report, files, asJson) {
    if (report.result !== 'passed')
        say(`\n${(0,log_lines/* logLines */.O)((0,src_report/* failureOf */.g5)(report)).join('\n')}\n`);
    if (asJson) {
        print(`${printableJson((0,src_report/* outputsOf */.Yz)(report, files))}\n`);
        return;
    }
    print(`\n${(0,src_report/* renderText */.S5)(report)}`);
    if (files !== undefined)
        print(`\nThe report: ${files.html} and ${files.json}\n`);
}
/** Whoever reads the output may have left; on a full disk it is lost. Without the output there is still the report, unless it was asked for. */
function sayWhenOutputIsLost(isAskedFor) {
    process.stdout.on('error', (error) => {
        if ((0,errors/* codeOf */.$N)(error) === 'EPIPE')
            return;
        say(`The output could not be written: ${(0,errors/* messageOf */.bD)(error)}\n`);
        if (isAskedFor && (process.exitCode ?? 0) === 0)
            process.exitCode = 1;
    });
}
/** The last resort for errors that nobody caught. */
function failOnTerminal(error) {
    say(`${(0,log_lines/* logLines */.O)(`Something unexpected happened: ${(0,errors/* messageOf */.bD)(error)}`).join('\n')}\n`);
    process.exitCode = 1;
}


/***/ })

};
