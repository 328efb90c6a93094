<?php
/**
 * As much of WordPress as the plugin meets: one request, in a process of its own, as in reality.
 *
 *   php wordpress.php PLUGIN STATE < {"do": "publish", "post": {…}, "user": true, "blog": 1}
 *
 * STATE keeps a blog's posts and what is scheduled between requests; settings that are JSON are arrays. Prints what was sent and answered, one JSON line a call.
 * Functions have WordPress' own names, arguments and order of events: terms and pictures are saved after the status
 * is announced (WP_REST_Posts_Controller::update_item), and scheduled posts are shown to those who may edit them alone.
 */
error_reporting(E_ALL);
set_error_handler(function ($level, $message, $file, $line) {
    throw new ErrorException($message, 0, $level, $file, $line);
});

define('ABSPATH', __DIR__ . '/');
foreach (['PRESSRUN_URL', 'PRESSRUN_TOKEN'] as $name) {
    if (getenv($name) !== false) {
        define($name, str_starts_with(getenv($name), '{') ? json_decode(getenv($name), true) : getenv($name));
    }
}

[, $plugin, $file] = $argv;
$state = is_file($file) ? json_decode(file_get_contents($file), true) : ['posts' => [], 'cron' => []];
$request = json_decode(stream_get_contents(STDIN), true);
$hooks = [];

final class WP_Error
{
}

final class WP_REST_Request
{
    public function __construct(public string $method, public string $route)
    {
    }
}

final class WP_REST_Response
{
    public function __construct(public array $data, public int $status = 200)
    {
    }

    public function is_error()
    {
        return $this->status >= 400;
    }
}

final class WP_REST_Server
{
    public function response_to_data($response, $embed)
    {
        $found = $response->data;
        $embedded = $found['_links'];
        return $embed ? ['_embedded' => $embedded] + $found : $found;
    }
}

function get_current_blog_id()
{
    return $GLOBALS['request']['blog'] ?? 1;
}

function is_main_site()
{
    return get_current_blog_id() === 1;
}

function add_action($hook, $callback, $priority = 10, $accepted_args = 1)
{
    $GLOBALS['hooks'][$hook][] = [$callback, $accepted_args];
    return true;
}

function do_action($hook, ...$args)
{
    for ($at = 0; isset($GLOBALS['hooks'][$hook][$at]); $at++) {
        [$callback, $accepted] = $GLOBALS['hooks'][$hook][$at];
        $callback(...array_slice($args, 0, $accepted));
    }
}

function get_post($id)
{
    $post = $GLOBALS['state']['posts'][$id] ?? null;
    return $post
        ? (object) [
            'ID' => $id, 'post_type' => $post['type'], 'post_status' => $post['status'], 'post_author' => '1',
            'post_content' => $post['content'] ?? '', 'post_excerpt' => $post['excerpt'] ?? '',
        ]
        : null;
}

// Of all filters a plugin's for members: what stands in its shortcode is shown to those alone who have logged in.
function apply_filters($hook, $value, ...$more)
{
    if ($hook === 'wpml_post_language_details') {
        $code = $GLOBALS['state']['posts'][$more[0]]['wpml'] ?? null;
        return $code ? ['language_code' => $code, 'display_name' => 'of no use'] : $value;
    }
    $shown = $GLOBALS['request']['user'] ? '$1' : '';
    return $hook === 'the_content' ? preg_replace('#\[members\](.*?)\[/members\]#', $shown, $value) : $value;
}

function setup_postdata($post)
{
    $GLOBALS['id'] = $post->ID;
    return true;
}

function get_post_status($id)
{
    return $GLOBALS['state']['posts'][$id]['status'] ?? false;
}

function get_post_type($id)
{
    return $GLOBALS['state']['posts'][$id]['type'] ?? false;
}

function rest_do_request($request)
{
    if (!preg_match('#^/wp/v2/posts/(\d+)$#', $request->route, $found) || $request->method !== 'GET') {
        return new WP_REST_Response(['code' => 'rest_no_route'], 404);
    }
    $post = $GLOBALS['state']['posts'][$found[1]];
    if ($post['status'] !== 'publish' && !$GLOBALS['request']['user']) {
        return new WP_REST_Response(['code' => 'rest_forbidden'], 401);
    }
    return new WP_REST_Response([
        'id' => (int) $found[1],
        'type' => $post['type'],
        'status' => $post['status'],
        'date_gmt' => $post['date_gmt'],
        'modified_gmt' => $post['modified_gmt'],
        'slug' => $post['slug'],
        'link' => "https://blog.example/{$post['slug']}/",
        'title' => ['rendered' => $post['title']],
        'content' => ['rendered' => apply_filters('the_content', $post['content']), 'protected' => false],
        'excerpt' => ['rendered' => ($post['excerpt'] ?? '') ?: made_excerpt($post['content']), 'protected' => false],
        '_links' => [
            'wp:featuredmedia' => isset($post['thumbnail']) ? [['source_url' => 'https://blog.example/a.jpg']] : [],
            'author' => [['id' => 1, 'name' => 'Ada', 'link' => 'https://blog.example/author/ada/']],
            'wp:term' => [
                array_map(
                    fn ($name) => ['id' => term_id($name), 'taxonomy' => 'category', 'name' => $name],
                    $post['categories']
                ),
                array_map(fn ($name) => ['taxonomy' => 'post_tag', 'name' => $name], $post['tags']),
            ],
        ],
    ]);
}

function term_id($name)
{
    return crc32($name);
}

function get_post_meta($id, $name, $single)
{
    return $id ? (string) ($GLOBALS['state']['posts'][$id]['meta'][$name] ?? '') : false;
}

function get_post_thumbnail_id($id)
{
    return $GLOBALS['state']['posts'][$id]['thumbnail'] ?? 0;
}

// As WordPress makes one of the content of a post without it, where only those who may edit it ask for a scheduled one.
function made_excerpt($content)
{
    $made = strip_tags(apply_filters('the_content', $content));
    return str_contains($content, '[members]') && $GLOBALS['request']['user'] ? $made : '';
}

function rest_get_server()
{
    return new WP_REST_Server();
}

function wp_json_encode($value)
{
    return json_encode($value);
}

function wp_remote_post($url, $args)
{
    $headers = array_map(fn ($name, $value) => "$name: $value", array_keys($args['headers']), $args['headers']);
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => $headers,
        'content' => $args['body'],
        'timeout' => $args['timeout'],
        'follow_location' => $args['redirection'] > 0,
        'ignore_errors' => true,
    ]]);
    try {
        $body = file_get_contents($url, false, $context);
        preg_match('#^HTTP/\S+ (\d+)#', $http_response_header[0], $status);
        $answer = ['response' => ['code' => (int) $status[1]], 'body' => $body];
    } catch (ErrorException) {
        $answer = new WP_Error();
    }
    $told = ['sent' => json_decode($args['body']), 'status' => wp_remote_retrieve_response_code($answer)];
    echo json_encode($told + ['answer' => json_decode(wp_remote_retrieve_body($answer))]), "\n";
    return $answer;
}

function wp_remote_retrieve_response_code($answer)
{
    return $answer instanceof WP_Error ? '' : $answer['response']['code'];
}

function wp_remote_retrieve_body($answer)
{
    return $answer instanceof WP_Error ? '' : $answer['body'];
}

function get_current_user_id()
{
    return $GLOBALS['request']['user'] ? 1 : 0;
}

function wp_set_current_user($id)
{
    $GLOBALS['request']['user'] = $id !== 0;
}

// Of two events alike within ten minutes WordPress keeps the first.
function wp_schedule_single_event($at, $hook, $args = [])
{
    if (cron_without($hook, $args) !== $GLOBALS['state']['cron']) {
        return false;
    }
    $GLOBALS['state']['cron'][] = ['at' => $at, 'hook' => $hook, 'args' => $args];
    return true;
}

function wp_clear_scheduled_hook($hook, $args = [])
{
    $before = count($GLOBALS['state']['cron']);
    $GLOBALS['state']['cron'] = cron_without($hook, $args);
    return $before - count($GLOBALS['state']['cron']);
}

function cron_without($hook, $args)
{
    $others = fn ($event) => $event['hook'] !== $hook || $event['args'] !== $args;
    return array_values(array_filter($GLOBALS['state']['cron'], $others));
}

function save($id, $post)
{
    $kept = $GLOBALS['state']['posts'][$id] ?? ['type' => 'post', 'status' => 'new', 'categories' => [], 'tags' => []];
    $before = get_post($id);
    $late = array_intersect_key($post, ['categories' => 1, 'tags' => 1]);
    $GLOBALS['state']['posts'][$id] = array_diff_key($post, $late) + $kept;
    do_action('transition_post_status', get_post_status($id), $kept['status'], get_post($id));
    if ($before) {
        do_action('post_updated', $id, get_post($id), $before);
    }
    $GLOBALS['state']['posts'][$id] = $late + $GLOBALS['state']['posts'][$id];
}

// Co-Authors Plus, where it is installed: the REST API has numbers of terms in the place of its authors.
if (isset($request['post']['coauthors'])) {
    function get_coauthors($id)
    {
        return array_map(
            fn ($name) => (object) ['ID' => 7, 'display_name' => $name, 'user_nicename' => strtolower($name)],
            $GLOBALS['state']['posts'][$id]['coauthors']
        );
    }
}

// Newspack, which keeps each correction as a post of its own.
if ($request['newspack'] ?? false) {
    final class Corrections
    {
        public static function get_corrections($id)
        {
            $of = fn ($one) => ($one['meta']['newspack_correction-post-id'] ?? 0) === $id && $one['status'] === 'publish';
            return array_map(
                fn ($one) => (object) [
                    'post_content' => $one['content'],
                    'post_date_gmt' => str_replace('T', ' ', $one['date_gmt']),
                ],
                array_filter($GLOBALS['state']['posts'], $of)
            );
        }
    }
    class_alias('Corrections', 'Newspack\Corrections');
}

// Newspack Sponsors: underwriters have no say in what is written, so they are asked for by no one here.
if (isset($request['post']['sponsor'])) {
    eval('namespace Newspack_Sponsors; function get_sponsors_for_post($id, $scope) {
        $sponsor = $GLOBALS["state"]["posts"][$id]["sponsor"];
        return $scope === "native" && $sponsor ? [["sponsor_disclaimer" => "Paid for by $sponsor."]] : false;
    }');
}

// Polylang, where it is installed: it says false of a post that has no language.
if (isset($request['post']['polylang'])) {
    function pll_get_post_language($id)
    {
        return $GLOBALS['state']['posts'][$id]['polylang'] ?: false;
    }
}

function get_author_posts_url($id, $nicename = '')
{
    return "https://blog.example/author/$nicename/";
}

require $plugin;

switch ($request['do']) {
    case 'save':
        save($request['id'], $request['post']);
        break;
    case 'delete':
        do_action('before_delete_post', $request['id'], get_post($request['id']));
        unset($state['posts'][$request['id']]);
        break;
    case 'cron':
        [$due, $state['cron']] = [$state['cron'], []];
        foreach ($due as $event) {
            do_action($event['hook'], ...$event['args']);
        }
        break;
}
$request['blog'] = $request['ends_in'] ?? $request['blog'] ?? 1;
if (!($request['dies'] ?? false)) {
    do_action('shutdown');
}
file_put_contents($file, json_encode($state));
