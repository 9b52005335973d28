<?php

declare(strict_types=1);

/*
 * Runs php-fpm, nginx before it and an exporter of spans as one service: all end when one does, and on SIGTERM nginx first finishes the requests
 * that it has, then php-fpm ends, then the exporter. Exit code 0 after that; 1 when the environment is not complete or one of them ended by itself.
 */

require __DIR__ . '/../src/autoload.php';

try {
    $config = App\Config::read(getenv());
    $programs = ['php-fpm' => program('php-fpm*'), 'nginx' => program('nginx')];
} catch (RuntimeException $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}

$folder = sys_get_temp_dir() . "/{$config->name}-" . getmypid();
mkdir($folder, 0700);
putenv("SERVICE_FOLDER={$folder}");
$places = ['@folder@' => $folder, '@app@' => dirname(__DIR__), '@listen@' => "{$config->host}:{$config->port}"];
foreach (['php-fpm.conf', 'nginx.conf'] as $file) {
    file_put_contents("{$folder}/{$file}", strtr((string) file_get_contents(__DIR__ . "/../etc/{$file}"), $places));
}
// As root, which they are on a developer's machine at most, neither would let its workers stay what it is.
[$fpm, $nginx] = posix_geteuid() === 0 ? [['--allow-to-run-as-root'], ['-g', 'user root;']] : [[], []];
// From here on signals wait until they are asked for: what is started would outlive a process that one of them ended.
$signals = [SIGTERM, SIGINT, SIGCHLD];
pcntl_sigprocmask(SIG_BLOCK, $signals);
$running = [
    // It passes on what its workers log, but to standard error.
    'php-fpm' => start([$programs['php-fpm'], '--nodaemonize', '--force-stderr', '--fpm-config', "{$folder}/php-fpm.conf", ...$fpm], true),
    ...($config->tracesUrl === null ? [] : ['span exporter' => exportSpans(App\Config::read(getenv()))]),
    'nginx' => start([$programs['nginx'], '-e', 'stderr', '-p', $folder, '-c', "{$folder}/nginx.conf", ...$nginx], false),
];

do {
    $ended = pcntl_waitpid(-1, $status, WNOHANG);
    $signal = $ended > 0 ? SIGCHLD : pcntl_sigtimedwait($signals, $info, 1);
} while ($ended <= 0 && !in_array($signal, [SIGTERM, SIGINT], true));

foreach (['nginx' => SIGQUIT, 'php-fpm' => SIGQUIT, 'span exporter' => SIGTERM] as $name => $stop) {
    if (isset($running[$name]) && $running[$name] !== $ended) {
        posix_kill($running[$name], $stop);
        pcntl_waitpid($running[$name], $status);
    }
}
array_map(static fn (string $left) => is_dir($left) ? rmdir($left) : unlink($left), glob("{$folder}/*") ?: []);
rmdir($folder);
if ($ended > 0) {
    fwrite(STDERR, array_search($ended, $running, true) . " ended by itself; what it said is above.\n");
    exit(1);
}

/** The path of a program, by its name or a pattern of it: Debian's php-fpm has its version in its name. */
function program(string $pattern): string
{
    foreach ([...explode(':', (string) getenv('PATH')), '/usr/local/sbin', '/usr/sbin'] as $directory) {
        foreach (glob("{$directory}/{$pattern}") ?: [] as $path) {
            if (is_executable($path)) {
                return $path;
            }
        }
    }
    throw new RuntimeException("There is no {$pattern}: apt-get install -y --no-install-recommends php-cli php-fpm php-apcu nginx");
}

/** @param non-empty-list<string> $command */
function start(array $command, bool $errorsAreOutput): int
{
    $pid = pcntl_fork();
    if ($pid === 0) {
        pcntl_sigprocmask(SIG_SETMASK, []);
        $output = $errorsAreOutput ? errorsToOutput() : null;
        pcntl_exec($command[0], array_slice($command, 1));
        exit(127);
    }
    return $pid;
}

function exportSpans(App\Config $config): int
{
    $pid = pcntl_fork();
    if ($pid === 0) {
        pcntl_sigprocmask(SIG_SETMASK, []);
        $output = errorsToOutput();
        (new App\SpanExporter($config))->run();
        exit(0);
    }
    return $pid;
}

/**
 * Joins standard error to standard output for as long as the result is kept.
 *
 * @return resource
 */
function errorsToOutput()
{
    fclose(STDERR);
    // The first free descriptor is taken, which is then 2.
    return fopen('php://stdout', 'w');
}
