<?php

declare(strict_types=1);

require __DIR__ . '/../src/autoload.php';

(new App\App(App\Config::read(getenv())))->handle($_SERVER);
