<?php
/**
 * Plugin Name: Pressrun
 * Description: Sends a post to Pressrun whenever it is published, scheduled, changed or taken back.
 *
 * A must-use plugin: put it into wp-content/mu-plugins/, and into wp-config.php
 *   define('PRESSRUN_URL', 'https://ingest.example.org/v1/push/SOURCE/wordpress');
 *   define('PRESSRUN_TOKEN', '…');
 */
defined('ABSPATH') || exit;

add_action('transition_post_status', function ($new, $old, $post) {
    if ($post->post_type === 'post' && array_intersect([$new, $old], ['publish', 'future'])) {
        pressrun_queue($post->ID);
    }
    pressrun_queue_corrected($post->ID);
}, 10, 3);
add_action('post_updated', function ($id, $after, $before) {  // what has become a page is no post any more
    $was_sent = $before->post_type === 'post' && in_array($before->post_status, ['publish', 'future'], true);
    if ($was_sent && $after->post_type !== 'post') {
        pressrun_queue($id);
    }
}, 10, 3);
add_action('before_delete_post', function ($id) {
    if (get_post_type($id) === 'post') {
        pressrun_queue($id);
    }
    pressrun_queue_corrected($id);
});
add_action('pressrun_send', 'pressrun_send');

// WordPress saves categories, tags and the picture after the status, so the post is read at the request's end. Cron has
// it too, from now on: a request may be ended before it comes to all that it has changed.
function pressrun_queue($id) {
    static $queued = [];
    $id = (int) $id;
    $blog = get_current_blog_id();
    if (isset($queued[$blog][$id]) || pressrun_setting('PRESSRUN_URL') === null) {
        return;
    }
    $queued[$blog][$id] = true;
    wp_schedule_single_event(time() + 60, 'pressrun_send', [$id]);
    add_action('shutdown', function () use ($blog, $id) {
        if ($blog === get_current_blog_id()) {  // else it was written from another one, and its own cron sends it
            pressrun_send($id);
        }
    });
}

// A correction of Newspack's is a post of its own, which is saved apart from the one that it corrects.
function pressrun_queue_corrected($correction) {
    if (get_post_type($correction) !== 'newspack_correction') {
        return;
    }
    $id = (int) get_post_meta($correction, 'newspack_correction-post-id', true);
    if (get_post_type($id) === 'post' && in_array(get_post_status($id), ['publish', 'future'], true)) {
        pressrun_queue($id);
    }
}

// '' is not set. In a network each blog numbers its posts from 1, so each needs a source: [blog => setting]; without one
// (null) nothing of it is sent, and a setting alone is the main one's.
function pressrun_setting($name) {
    $value = defined($name) ? constant($name) : '';
    if (is_array($value)) {
        return $value[get_current_blog_id()] ?? null;
    }
    return is_main_site() ? $value : null;
}

function pressrun_read($id) {
    $status = get_post_type($id) === 'post' ? get_post_status($id) : 'trash';
    if (!in_array($status, ['publish', 'future'], true)) {
        return ['id' => (int) $id, 'type' => 'post', 'status' => $status, 'modified_gmt' => gmdate('Y-m-d\TH:i:s')];
    }
    // The post is read as everybody reads it: to an editor plugins for members would show what is for those alone. Only
    // a scheduled one, and authors, are shown to those alone who may edit them; and cron is nobody.
    $user = get_current_user_id();
    $editor = $user ?: (int) get_post($id)->post_author;
    wp_set_current_user($status === 'future' ? $editor : 0);
    $response = rest_do_request(new WP_REST_Request('GET', '/wp/v2/posts/' . $id));
    wp_set_current_user($editor);
    $post = $response->is_error() ? null : rest_get_server()->response_to_data($response, true);
    wp_set_current_user(0);
    if ($post !== null && $status === 'future') {
        $post = array_merge($post, pressrun_shown($id, $post));
    }
    wp_set_current_user($user);
    if ($post === null) {
        return null;
    }
    if (function_exists('get_coauthors')) {  // Co-Authors Plus; the REST API has the first author alone
        $post['coauthors'] = array_map(function ($one) {
            $link = get_author_posts_url($one->ID, $one->user_nicename);
            return ['display_name' => $one->display_name, 'link' => $link];
        }, get_coauthors($id));
    }
    if (method_exists('Newspack\Corrections', 'get_corrections')) {
        $post['corrections'] = array_map(function ($one) {
            return ['text' => $one->post_content, 'at' => $one->post_date_gmt];
        }, array_values(Newspack\Corrections::get_corrections($id)));
    }
    return $post + [
        'lang' => pressrun_language($id),
        'primary_category' => pressrun_category($id),
        'featured_media_credit' => pressrun_credit($id),
        'sponsor_disclaimers' => pressrun_disclaimers($id),
    ];
}

// Whose the featured picture is, as Media Credit, Newspack and Largo keep it beside the picture.
function pressrun_credit($id) {
    $picture = (int) get_post_thumbnail_id($id);
    $told = array_map(function ($name) use ($picture) {
        return trim(get_post_meta($picture, $name, true));
    }, ['_media_credit', '_navis_media_credit_org']);
    return implode(' / ', array_filter($told));
}

// The category that an editor has said to be the first: WordPress has them by name, and Yoast SEO, Rank Math, SEOPress
// and The SEO Framework ask for it.
function pressrun_category($id) {
    $names = ['_yoast_wpseo_primary_category', 'rank_math_primary_category', '_seopress_robots_primary_cat'];
    foreach ([...$names, '_primary_term_category'] as $name) {
        $category = (int) get_post_meta($id, $name, true);
        if ($category > 0) {
            return $category;
        }
    }
    return null;
}

// The language of a post with Polylang or WPML; most of their editions leave it out of the REST API.
function pressrun_language($id) {
    if (function_exists('pll_get_post_language')) {
        return pll_get_post_language($id) ?: null;
    }
    $told = apply_filters('wpml_post_language_details', null, $id);
    return is_array($told) ? $told['language_code'] ?? null : null;
}

// What everybody will see of a scheduled post, as the REST API renders it, and the excerpt that somebody has written.
function pressrun_shown($id, $read) {
    global $post;
    $before = $post;
    $post = get_post($id);
    setup_postdata($post);
    $excerpt = $post->post_excerpt;
    $content = $read['content']['protected'] ? '' : apply_filters('the_content', $post->post_content);
    $post = $before;
    return [
        'content' => ['rendered' => $content] + $read['content'],
        'excerpt' => ['rendered' => $excerpt] + $read['excerpt'],
    ];
}

// What readers are told of a post that somebody has paid for, with Newspack Sponsors.
function pressrun_disclaimers($id) {
    if (!function_exists('Newspack_Sponsors\get_sponsors_for_post')) {
        return [];
    }
    return array_column(Newspack_Sponsors\get_sponsors_for_post($id, 'native') ?: [], 'sponsor_disclaimer');
}

// Answers of 4xx would be the same the next time, and PHP's log has them; 5xx, and none, are tried again in a minute.
function pressrun_send($id) {
    $url = pressrun_setting('PRESSRUN_URL');
    $token = pressrun_setting('PRESSRUN_TOKEN');
    if (!$url || !$token) {
        error_log('Pressrun: define PRESSRUN_URL and PRESSRUN_TOKEN in wp-config.php');
        return;
    }
    $post = pressrun_read($id);
    if ($post === null) {
        error_log("Pressrun: post $id cannot be read");
        return;
    }
    $answer = wp_remote_post($url, [
        'timeout' => 5,
        'redirection' => 0,
        'headers' => ['Content-Type' => 'application/json', 'Authorization' => 'Bearer ' . $token],
        'body' => wp_json_encode($post),
    ]);
    $status = (int) wp_remote_retrieve_response_code($answer);
    if ($status === 0 || $status >= 500) {
        wp_schedule_single_event(time() + 60, 'pressrun_send', [$id]);
        return;
    }
    wp_clear_scheduled_hook('pressrun_send', [$id]);
    if ($status >= 300) {
        error_log("Pressrun did not take post $id: $status " . wp_remote_retrieve_body($answer));
    }
}
