<?php

declare(strict_types=1);

namespace App;

/** The last notices of each tenant, in memory that all workers share. Keep them in a table before you run more than one replica. */
final class Notices
{
    private const KEPT = 100;

    /** @param array{id: string, type: string, text: string, timestamp: string} $notice */
    public function add(int $tenant, array $notice): void
    {
        // Its place first, then the notice: two workers never write to the same one.
        $place = apcu_inc("notices|{$tenant}|last");
        apcu_store("notices|{$tenant}|" . $place % self::KEPT, [$place, $notice]);
    }

    /** @return list<array{id: string, type: string, text: string, timestamp: string}> newest first */
    public function of(int $tenant): array
    {
        $keys = array_map(static fn (int $place): string => "notices|{$tenant}|{$place}", range(0, self::KEPT - 1));
        $found = array_values(apcu_fetch($keys) ?: []);
        usort($found, static fn (array $one, array $other): int => $other[0] <=> $one[0]);
        return array_column($found, 1);
    }
}
